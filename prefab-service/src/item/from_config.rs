//! Converts configs to items.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_core::{
    ConditionalValue, Config, ConfigType, ConfigValue, Criterion, Operator, Value, ValueType, datafile,
};
use serde_json::{Value as Json, json};

use crate::item::{
    EnvironmentRules, FlatCriterion, FlatValue, Item, ItemType, Rule, Rules, ValueKind, Variant,
};

/// The largest whole number that every JSON reader reads exactly.
const EXACT: u64 = 1 << 53;

pub(super) fn item(config: &Config) -> Item {
    let Config {
        id,
        project_id,
        key,
        changed_by: _,
        rows,
        allowable_values,
        config_type,
        draft_id: _,
        value_type,
        send_to_client_sdk,
        schema_key,
        tags,
    } = config;
    let mut item = Item {
        id: (*id != 0).then(|| id.to_string()),
        key: key.clone(),
        project_id: (*project_id != 0).then(|| project_id.to_string()),
        purpose: purpose(*config_type),
        value_type: value_kind(*value_type),
        send_to_client_sdk: *send_to_client_sdk,
        schema_key: schema_key.clone(),
        tags: tags.clone(),
        variants: allowable_values.iter().map(variant).collect(),
        default: Rules::default(),
        environments: Vec::new(),
    };
    for row in rows {
        let rules = row.values.iter().map(rule);
        match row.project_env_id.filter(|id| *id != 0) {
            None => item.default.rules.extend(rules),
            Some(id) => {
                item.environments.push(EnvironmentRules { id: id.to_string(), rules: rules.collect() });
            }
        }
    }
    item
}

pub(super) fn purpose(config_type: ConfigType) -> ItemType {
    match config_type {
        ConfigType::NotSet | ConfigType::Config | ConfigType::Deleted => ItemType::Config,
        ConfigType::FeatureFlag => ItemType::FeatureFlag,
        ConfigType::LogLevel => ItemType::LogLevel,
        ConfigType::Segment => ItemType::Segment,
        ConfigType::LimitDefinition => ItemType::LimitDefinition,
        ConfigType::Schema => ItemType::Schema,
        ConfigType::LogLevelV2 => ItemType::LogLevelV2,
    }
}

fn value_kind(value_type: ValueType) -> Option<ValueKind> {
    Some(match value_type {
        ValueType::NotSet => return None,
        ValueType::Int => ValueKind::Int,
        ValueType::String => ValueKind::String,
        ValueType::Bytes => ValueKind::Bytes,
        ValueType::Double => ValueKind::Double,
        ValueType::Bool => ValueKind::Bool,
        ValueType::LimitDefinition => ValueKind::LimitDefinition,
        ValueType::LogLevel => ValueKind::LogLevel,
        ValueType::StringList => ValueKind::StringList,
        ValueType::IntRange => ValueKind::IntRange,
        ValueType::Duration => ValueKind::Duration,
        ValueType::Json => ValueKind::Json,
    })
}

fn variant(variant: &ConfigValue) -> Variant {
    Variant { value: value(variant), name: variant.name.clone(), description: variant.description.clone() }
}

fn rule(rule: &ConditionalValue) -> Rule {
    let ConditionalValue { criteria, value } = rule;
    Rule {
        criteria: criteria.iter().map(criterion).collect(),
        value: self::value(value.as_ref().unwrap_or(&ConfigValue::default())),
    }
}

fn criterion(criterion: &Criterion) -> FlatCriterion {
    let Criterion { property_name, operator, value_to_match } = criterion;
    FlatCriterion {
        property_name: (!property_name.is_empty()).then(|| property_name.clone()),
        operator: match operator {
            Operator::Other(number) => number.to_string(),
            known => known.name().to_owned(),
        },
        value_to_match: value_to_match.as_ref().map(value),
    }
}

pub(super) fn value(value: &ConfigValue) -> FlatValue {
    let ConfigValue { value, confidential, decrypt_with, name: _, description: _ } = value;
    let (kind, json) = kind(value);
    let hash_by_property_name = match value {
        Value::Weighted(weighted) => weighted.hash_by_property_name.clone(),
        _ => None,
    };
    FlatValue {
        kind,
        value: json,
        hash_by_property_name,
        confidential: *confidential,
        decrypt_with: decrypt_with.clone(),
    }
}

fn kind(value: &Value) -> (ValueKind, Json) {
    match value {
        Value::NotSet => (ValueKind::String, Json::Null),
        Value::Int(int) => (ValueKind::Int, self::int(*int)),
        Value::String(text) => (ValueKind::String, text.as_str().into()),
        Value::Bytes(bytes) => (ValueKind::Bytes, BASE64_STANDARD.encode(bytes).into()),
        Value::Double(double) if double.is_finite() => (ValueKind::Double, (*double).into()),
        Value::Double(double) => (ValueKind::Double, double.to_string().into()),
        Value::Bool(bool) => (ValueKind::Bool, (*bool).into()),
        Value::LogLevel(level) => (ValueKind::LogLevel, level.name().into()),
        Value::StringList(list) => (ValueKind::StringList, json!(list)),
        // Not parsed, because parsing would lose the order of members and the digits of numbers.
        Value::Json(text) => (ValueKind::Json, text.as_str().into()),
        Value::Duration(text) => (ValueKind::Duration, text.as_str().into()),
        Value::Weighted(weighted) => {
            let choices = weighted.values.iter();
            let choices: Vec<Json> = choices
                .map(|choice| json!({ "weight": choice.weight, "value": self::value(&choice.value) }))
                .collect();
            (ValueKind::WeightedValues, choices.into())
        }
        Value::IntRange(_) => (ValueKind::IntRange, within(value, "intRange")),
        Value::Provided(_) => (ValueKind::Provided, within(value, "provided")),
        Value::Schema(_) => (ValueKind::Schema, within(value, "schema")),
        Value::LimitDefinition(_) => (ValueKind::LimitDefinition, within(value, "limitDefinition")),
    }
}

/// Returns a value whose message is the same in both forms.
fn within(value: &Value, field: &str) -> Json {
    let mut json = datafile::value_to_json(&value.clone().into());
    json.get_mut(field).map(Json::take).unwrap_or_default()
}

fn int(int: i64) -> Json {
    if int.unsigned_abs() <= EXACT { int.into() } else { int.to_string().into() }
}
