//! Converts items to configs. Each problem names its place and what is expected there.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, LogLevel, Operator, Value,
    ValueType, WeightedValue, WeightedValues, datafile,
};
use serde_json::{Value as Json, json};

use crate::item::{EnvironmentRules, FlatCriterion, FlatValue, Item, ItemType, Rule, ValueKind};
use prefab_store::Environment;

pub(super) fn config(item: &Item, environments: &[Environment]) -> Result<Config, Vec<String>> {
    let Item {
        id,
        key,
        project_id: _,
        purpose,
        value_type,
        send_to_client_sdk,
        schema_key,
        tags,
        variants,
        default,
        environments: own,
    } = item;
    let mut problems = Vec::new();
    let mut config = Config {
        id: kept(version(id.as_deref()), &mut problems).unwrap_or_default(),
        key: key.clone(),
        config_type: config_type(*purpose),
        value_type: kept(declared(*purpose, *value_type), &mut problems).unwrap_or_default(),
        send_to_client_sdk: *send_to_client_sdk,
        schema_key: schema_key.clone().filter(|key| !key.is_empty()),
        tags: tags.clone(),
        ..Config::default()
    };
    for (at, variant) in variants.iter().enumerate() {
        let value = kept(value(&variant.value, &format!("variants[{at}].value")), &mut problems);
        config.allowable_values.extend(value.map(|value| ConfigValue {
            name: variant.name.clone(),
            description: variant.description.clone(),
            ..value
        }));
    }
    if !default.rules.is_empty() {
        config.rows.push(ConfigRow::default_row(rules(&default.rules, "default", &mut problems)));
    }
    for (at, EnvironmentRules { id, rules: own }) in own.iter().enumerate() {
        let place = format!("environments[{at}]");
        let environment = kept(environment(id, environments, &place), &mut problems);
        let values = rules(own, &place, &mut problems);
        config.rows.extend(environment.map(|id| ConfigRow::for_environment(id, values)));
    }
    if config.rows.is_empty() && problems.is_empty() {
        problems.push("`default.rules`: expected at least one rule, here or in an environment".to_owned());
    }
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// Returns the value, or adds the problem to the list.
fn kept<T>(read: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}

fn version(id: Option<&str>) -> Result<i64, String> {
    let Some(id) = id else { return Ok(0) };
    id.parse().map_err(|_| format!("`id`: expected a version as a decimal string, not \"{id}\""))
}

/// Finds an environment by its id or its name.
pub(super) fn environment(text: &str, environments: &[Environment], place: &str) -> Result<i64, String> {
    let found = Environment::find(environments, text);
    found
        .map(|environment| environment.id.0)
        .map_err(|problem| format!("`{place}.id`: {}", problem.describe("environment", text)))
}

fn config_type(item_type: ItemType) -> ConfigType {
    match item_type {
        ItemType::Config => ConfigType::Config,
        ItemType::FeatureFlag => ConfigType::FeatureFlag,
        ItemType::LogLevel => ConfigType::LogLevel,
        ItemType::Segment => ConfigType::Segment,
        ItemType::Schema => ConfigType::Schema,
        ItemType::LogLevelV2 => ConfigType::LogLevelV2,
        ItemType::LimitDefinition => ConfigType::LimitDefinition,
    }
}

fn declared(item_type: ItemType, kind: Option<ValueKind>) -> Result<ValueType, String> {
    Ok(match kind {
        None => match item_type {
            ItemType::Segment => ValueType::Bool,
            ItemType::LogLevel | ItemType::LogLevelV2 => ValueType::LogLevel,
            _ => ValueType::NotSet,
        },
        Some(ValueKind::Bool) => ValueType::Bool,
        Some(ValueKind::Int) => ValueType::Int,
        Some(ValueKind::Double) => ValueType::Double,
        Some(ValueKind::String) => ValueType::String,
        Some(ValueKind::StringList) => ValueType::StringList,
        Some(ValueKind::Json) => ValueType::Json,
        Some(ValueKind::LogLevel) => ValueType::LogLevel,
        Some(ValueKind::Duration) => ValueType::Duration,
        Some(ValueKind::IntRange) => ValueType::IntRange,
        Some(ValueKind::Bytes) => ValueType::Bytes,
        Some(ValueKind::LimitDefinition) => ValueType::LimitDefinition,
        Some(ValueKind::Schema | ValueKind::WeightedValues | ValueKind::Provided) => {
            return Err("`valueType`: expected the type of the evaluated value, such as string".to_owned());
        }
    })
}

fn rules(rules: &[Rule], place: &str, problems: &mut Vec<String>) -> Vec<ConditionalValue> {
    let mut read = Vec::with_capacity(rules.len());
    for (at, Rule { criteria, value }) in rules.iter().enumerate() {
        let place = format!("{place}.rules[{at}]");
        let criteria = criteria.iter().enumerate();
        let criteria = criteria
            .filter_map(|(at, one)| kept(criterion(one, &format!("{place}.criteria[{at}]")), problems))
            .collect();
        let value = kept(self::value(value, &format!("{place}.value")), problems);
        read.push(ConditionalValue { criteria, value });
    }
    read
}

fn criterion(criterion: &FlatCriterion, place: &str) -> Result<Criterion, String> {
    let FlatCriterion { property_name, operator, value_to_match } = criterion;
    let known = Operator::from_name(&operator.to_ascii_uppercase());
    let numbered = || operator.parse().ok().map(Operator::from_number);
    let operator = known.or_else(numbered).ok_or_else(|| {
        format!("`{place}.operator`: expected an operator such as PROP_IS_ONE_OF, not \"{operator}\"")
    })?;
    let place = format!("{place}.valueToMatch");
    Ok(Criterion {
        property_name: property_name.clone().unwrap_or_default(),
        operator,
        value_to_match: value_to_match.as_ref().map(|value| self::value(value, &place)).transpose()?,
    })
}

pub(super) fn value(flat: &FlatValue, place: &str) -> Result<ConfigValue, String> {
    let FlatValue { kind, value, hash_by_property_name, confidential, decrypt_with } = flat;
    // An encrypted value is a string, regardless of the type of its content.
    let is_cipher = decrypt_with.as_ref().is_some_and(|key| !key.is_empty());
    let value = match (kind, value) {
        (ValueKind::WeightedValues, value) => weighted(value, hash_by_property_name.clone(), place)?,
        (_, Json::String(text)) if is_cipher => Value::String(text.clone()),
        (kind, value) => plain(*kind, value, place)?,
    };
    Ok(ConfigValue {
        value,
        confidential: *confidential,
        decrypt_with: decrypt_with.clone(),
        name: None,
        description: None,
    })
}

fn plain(kind: ValueKind, value: &Json, place: &str) -> Result<Value, String> {
    let text = value.as_str();
    let found = match kind {
        ValueKind::Bool => value.as_bool().or_else(|| text?.parse().ok()).map(Value::Bool),
        ValueKind::Int => value.as_i64().or_else(|| text?.parse().ok()).map(Value::Int),
        ValueKind::Double => value.as_f64().or_else(|| text?.parse().ok()).map(Value::Double),
        ValueKind::String => text.map(|text| Value::String(text.to_owned())),
        ValueKind::Duration => text.map(|text| Value::Duration(text.to_owned())),
        ValueKind::LogLevel => {
            let level =
                |text: &&str| LogLevel::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text));
            text.as_ref().and_then(level).map(Value::LogLevel)
        }
        ValueKind::StringList => {
            let items = value.as_array().map(|items| items.iter().map(|item| item.as_str().map(Into::into)));
            items.and_then(Iterator::collect).map(Value::StringList)
        }
        // A JSON value may be embedded, or encoded as a string.
        ValueKind::Json => Some(Value::Json(text.map_or_else(|| value.to_string(), ToOwned::to_owned))),
        ValueKind::Bytes => return message("bytes", value, place),
        ValueKind::IntRange => return message("intRange", value, place),
        ValueKind::Schema => return message("schema", value, place),
        ValueKind::Provided => return message("provided", value, place),
        ValueKind::LimitDefinition => return message("limitDefinition", value, place),
        ValueKind::WeightedValues => None,
    };
    found.ok_or_else(|| format!("`{place}.value`: expected {}, not {value}", expected(kind)))
}

fn expected(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Bool => "true or false",
        ValueKind::Int => "a whole number of 64 bits",
        ValueKind::Double => "a number",
        ValueKind::String => "a string",
        ValueKind::Duration => "a duration such as \"PT30S\"",
        ValueKind::LogLevel => "TRACE, DEBUG, INFO, WARN, ERROR or FATAL",
        ValueKind::StringList => "a list of strings",
        _ => "another type of value",
    }
}

/// Reads a value whose message is the same in both forms.
fn message(field: &str, value: &Json, place: &str) -> Result<Value, String> {
    let read = datafile::value_from_json(&json!({ field: value }));
    read.map(|value| value.value).map_err(|finding| {
        let within = finding.path.trim_start_matches("value.").trim_start_matches(field);
        format!("`{place}.value{within}`: expected {}", finding.expected)
    })
}

fn weighted(value: &Json, hash_by_property_name: Option<String>, place: &str) -> Result<Value, String> {
    let choices = value.as_array();
    let choices = choices.ok_or_else(|| format!("`{place}.value`: expected a list of {{weight, value}}"))?;
    let mut values = Vec::with_capacity(choices.len());
    for (at, choice) in choices.iter().enumerate() {
        let place = format!("{place}.value[{at}]");
        let weight =
            choice.get("weight").and_then(Json::as_i64).and_then(|weight| i32::try_from(weight).ok());
        let weight = weight.ok_or_else(|| format!("`{place}.weight`: expected a whole number"))?;
        let value = choice.get("value").ok_or_else(|| format!("`{place}.value`: expected a value"))?;
        let value: FlatValue = serde_path_to_error::deserialize(value)
            .map_err(|error| format!("`{place}.value.{}`: {}", error.path(), error.inner()))?;
        values.push(WeightedValue { weight, value: self::value(&value, &format!("{place}.value"))? });
    }
    Ok(Value::Weighted(WeightedValues { values, hash_by_property_name }))
}
