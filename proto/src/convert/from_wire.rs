//! Conversion from messages to the data model.

use std::collections::BTreeMap;

use prefab_core::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, IntRange,
    LimitDefinition, LogLevel, Operator, Provided, ProvidedSource, Schema, SchemaType, Value, ValueType,
    WeightedValue, WeightedValues,
};

use super::error::{Cause, FieldError, InvalidConfig, each};
use crate::wire::{self, config_value::Type};

type ReadResult<T> = Result<T, FieldError>;

impl TryFrom<wire::Config> for Config {
    type Error = InvalidConfig;

    fn try_from(config: wire::Config) -> Result<Self, InvalidConfig> {
        let name = if config.key.is_empty() { format!("#{}", config.id) } else { config.key.clone() };
        self::config(config).map_err(|error| error.of_config(name))
    }
}

impl TryFrom<wire::ConfigValue> for ConfigValue {
    type Error = InvalidConfig;

    fn try_from(value: wire::ConfigValue) -> Result<Self, InvalidConfig> {
        self::value(value).map_err(|error| error.within("value").of_config(String::new()))
    }
}

fn config(config: wire::Config) -> ReadResult<Config> {
    let wire::Config {
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
    } = config;
    if key.is_empty() {
        return Err(FieldError::new(Cause::NoKey).within("key"));
    }
    Ok(Config {
        id,
        project_id,
        key,
        changed_by: changed_by.map(self::changed_by),
        rows: each(rows, "rows", row)?,
        allowable_values: each(allowable_values, "allowable_values", value)?,
        // Evaluation ignores the type, so an unknown one from a newer server does no harm.
        config_type: ConfigType::from_number(config_type).unwrap_or_default(),
        draft_id,
        value_type: ValueType::from_number(value_type).unwrap_or_default(),
        send_to_client_sdk,
        schema_key,
        tags: Vec::new(),
    })
}

fn changed_by(changed_by: wire::ChangedBy) -> ChangedBy {
    let wire::ChangedBy { user_id, email, api_key_id, user_identity } = changed_by;
    ChangedBy { user_id, email, api_key_id, user_identity }
}

fn row(row: wire::ConfigRow) -> ReadResult<ConfigRow> {
    let wire::ConfigRow { project_env_id, values, properties } = row;
    let property = |(name, value): (String, wire::ConfigValue)| {
        let value = self::value(value).map_err(|error| error.within(&name).within("properties"))?;
        Ok((name, value))
    };
    Ok(ConfigRow {
        project_env_id,
        values: each(values, "values", conditional_value)?,
        properties: properties.into_iter().map(property).collect::<ReadResult<BTreeMap<_, _>>>()?,
    })
}

fn conditional_value(value: wire::ConditionalValue) -> ReadResult<ConditionalValue> {
    let wire::ConditionalValue { criteria, value } = value;
    Ok(ConditionalValue {
        criteria: each(criteria, "criteria", criterion)?,
        value: optional(value, "value")?,
    })
}

fn criterion(criterion: wire::Criterion) -> ReadResult<Criterion> {
    let wire::Criterion { property_name, operator, value_to_match } = criterion;
    Ok(Criterion {
        property_name,
        operator: Operator::from_number(operator),
        value_to_match: optional(value_to_match, "value_to_match")?,
    })
}

fn optional(value: Option<wire::ConfigValue>, field: &str) -> ReadResult<Option<ConfigValue>> {
    value.map(self::value).transpose().map_err(|error| error.within(field))
}

fn value(value: wire::ConfigValue) -> ReadResult<ConfigValue> {
    let wire::ConfigValue { confidential, decrypt_with, name, description, r#type } = value;
    let value = r#type.map_or(Ok(Value::NotSet), kind)?;
    Ok(ConfigValue { value, confidential: confidential.unwrap_or_default(), decrypt_with, name, description })
}

fn kind(kind: Type) -> ReadResult<Value> {
    Ok(match kind {
        Type::Int(int) => Value::Int(int),
        Type::String(text) => Value::String(text),
        Type::Bytes(bytes) => Value::Bytes(bytes.into()),
        Type::Double(double) => Value::Double(double),
        Type::Bool(bool) => Value::Bool(bool),
        Type::WeightedValues(values) => Value::Weighted(weighted(values)?),
        Type::LimitDefinition(definition) => Value::LimitDefinition(limit(definition)),
        Type::LogLevel(number) => Value::LogLevel(
            LogLevel::from_number(number)
                .ok_or_else(|| FieldError::new(Cause::UnknownLogLevel(number)).within("log_level"))?,
        ),
        Type::StringList(wire::StringList { values }) => Value::StringList(values),
        Type::IntRange(wire::IntRange { start, end }) => Value::IntRange(IntRange { start, end }),
        Type::Provided(provided) => Value::Provided(self::provided(provided)),
        Type::Duration(wire::IsoDuration { definition }) => Value::Duration(definition),
        Type::Json(wire::Json { json }) => Value::Json(json),
        Type::Schema(schema) => Value::Schema(self::schema(schema)?),
    })
}

fn weighted(values: wire::WeightedValues) -> ReadResult<WeightedValues> {
    let wire::WeightedValues { weighted_values, hash_by_property_name } = values;
    let values = each(weighted_values, "weighted_values", |weighted| {
        let wire::WeightedValue { weight, value } = weighted;
        if weight < 0 {
            return Err(FieldError::new(Cause::NegativeWeight(weight)).within("weight"));
        }
        Ok(WeightedValue { weight, value: optional(value, "value")?.unwrap_or_default() })
    })?;
    Ok(WeightedValues { values, hash_by_property_name })
}

fn limit(definition: wire::LimitDefinition) -> LimitDefinition {
    let wire::LimitDefinition {
        policy_name,
        limit,
        burst,
        account_id,
        last_modified,
        returnable,
        safety_level,
    } = definition;
    LimitDefinition { policy_name, limit, burst, account_id, last_modified, returnable, safety_level }
}

fn provided(provided: wire::Provided) -> Provided {
    let wire::Provided { source, lookup } = provided;
    let source = match source {
        Some(1) => ProvidedSource::EnvVar,
        _ => ProvidedSource::NotSet,
    };
    Provided { source, lookup: lookup.unwrap_or_default() }
}

fn schema(schema: wire::Schema) -> ReadResult<Schema> {
    let wire::Schema { schema, schema_type } = schema;
    let schema_type = match schema_type {
        0 => SchemaType::Unknown,
        1 => SchemaType::Zod,
        2 => SchemaType::JsonSchema,
        other => return Err(FieldError::new(Cause::UnknownSchemaType(other)).within("schema_type")),
    };
    Ok(Schema { schema, schema_type })
}
