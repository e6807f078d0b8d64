//! Conversion from the data model to messages.

use prefab_core::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigValue, Criterion, IntRange, LimitDefinition,
    Provided, ProvidedSource, Schema, SchemaType, Value, WeightedValue, WeightedValues,
};

use crate::wire::{self, config_value::Type};

impl From<&Config> for wire::Config {
    fn from(config: &Config) -> Self {
        let Config {
            id,
            project_id,
            key,
            changed_by,
            rows,
            allowable_values,
            config_type,
            draft_id,
            value_type,
            send_to_client_sdk,
            schema_key,
            // The message has no field for tags, because SDKs do not use them.
            tags: _,
        } = config;
        Self {
            id: *id,
            project_id: *project_id,
            key: key.clone(),
            changed_by: changed_by.as_ref().map(self::changed_by),
            rows: rows.iter().map(row).collect(),
            allowable_values: allowable_values.iter().map(Into::into).collect(),
            config_type: config_type.number(),
            draft_id: *draft_id,
            value_type: value_type.number(),
            send_to_client_sdk: *send_to_client_sdk,
            schema_key: schema_key.clone(),
        }
    }
}

fn changed_by(changed_by: &ChangedBy) -> wire::ChangedBy {
    let ChangedBy { user_id, email, api_key_id, user_identity } = changed_by.clone();
    wire::ChangedBy { user_id, email, api_key_id, user_identity }
}

fn row(row: &ConfigRow) -> wire::ConfigRow {
    let ConfigRow { project_env_id, values, properties } = row;
    wire::ConfigRow {
        project_env_id: *project_env_id,
        values: values.iter().map(conditional_value).collect(),
        properties: properties.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
    }
}

fn conditional_value(value: &ConditionalValue) -> wire::ConditionalValue {
    let ConditionalValue { criteria, value } = value;
    wire::ConditionalValue {
        criteria: criteria.iter().map(criterion).collect(),
        value: value.as_ref().map(Into::into),
    }
}

fn criterion(criterion: &Criterion) -> wire::Criterion {
    let Criterion { property_name, operator, value_to_match } = criterion;
    wire::Criterion {
        property_name: property_name.clone(),
        operator: operator.number(),
        value_to_match: value_to_match.as_ref().map(Into::into),
    }
}

impl From<&ConfigValue> for wire::ConfigValue {
    fn from(value: &ConfigValue) -> Self {
        let ConfigValue { value, confidential, decrypt_with, name, description } = value;
        Self {
            confidential: confidential.then_some(true),
            decrypt_with: decrypt_with.clone(),
            name: name.clone(),
            description: description.clone(),
            r#type: kind(value),
        }
    }
}

fn kind(value: &Value) -> Option<Type> {
    Some(match value {
        Value::NotSet => return None,
        Value::Int(int) => Type::Int(*int),
        Value::String(text) => Type::String(text.clone()),
        Value::Bytes(bytes) => Type::Bytes(bytes.clone().into()),
        Value::Double(double) => Type::Double(*double),
        Value::Bool(bool) => Type::Bool(*bool),
        Value::Weighted(weighted) => Type::WeightedValues(self::weighted(weighted)),
        Value::LimitDefinition(limit) => Type::LimitDefinition(self::limit(limit)),
        Value::LogLevel(level) => Type::LogLevel(level.number()),
        Value::StringList(values) => Type::StringList(wire::StringList { values: values.clone() }),
        Value::IntRange(IntRange { start, end }) => {
            Type::IntRange(wire::IntRange { start: *start, end: *end })
        }
        Value::Provided(Provided { source, lookup }) => Type::Provided(wire::Provided {
            source: (*source == ProvidedSource::EnvVar).then_some(1),
            lookup: (!lookup.is_empty()).then(|| lookup.clone()),
        }),
        Value::Duration(definition) => Type::Duration(wire::IsoDuration { definition: definition.clone() }),
        Value::Json(json) => Type::Json(wire::Json { json: json.clone() }),
        Value::Schema(Schema { schema, schema_type }) => Type::Schema(wire::Schema {
            schema: schema.clone(),
            schema_type: match schema_type {
                SchemaType::Unknown => 0,
                SchemaType::Zod => 1,
                SchemaType::JsonSchema => 2,
            },
        }),
    })
}

fn weighted(weighted: &WeightedValues) -> wire::WeightedValues {
    let WeightedValues { values, hash_by_property_name } = weighted;
    wire::WeightedValues {
        weighted_values: values
            .iter()
            .map(|WeightedValue { weight, value }| wire::WeightedValue {
                weight: *weight,
                value: Some(value.into()),
            })
            .collect(),
        hash_by_property_name: hash_by_property_name.clone(),
    }
}

fn limit(limit: &LimitDefinition) -> wire::LimitDefinition {
    let LimitDefinition { policy_name, limit, burst, account_id, last_modified, returnable, safety_level } =
        limit.clone();
    wire::LimitDefinition { policy_name, limit, burst, account_id, last_modified, returnable, safety_level }
}
