//! Reads the configs of a datafile.

use serde_json::Value as Json;

use super::{
    DatafileError, Finding, ParsedDatafile,
    object::{Object, ReadError, ReadResult, invalid, text},
    read_value::value,
};
use crate::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Context, ContextSet,
    ContextValue, Criterion, Operator, Pointer, Value, ValueType,
};

pub(super) fn config_set(json: &Json) -> Result<ParsedDatafile, DatafileError> {
    let shape = |ReadError { path, expected }: ReadError| DatafileError::Shape {
        path: if path.is_empty() { String::from("datafile") } else { path },
        expected,
    };
    let root = Object::new(json, "").map_err(shape)?;
    let mut parsed = ParsedDatafile::default();
    for (at, item) in root.list("configs").map_err(shape)?.iter().enumerate() {
        match config(item, "") {
            Ok(config) => parsed.set.configs.push(config),
            Err(error) => parsed.findings.push(finding(item, at, error)),
        }
    }
    if let Some(pointer) = root.get("configServicePointer") {
        parsed.set.pointer = Some(self::pointer(pointer).map_err(shape)?);
    }
    if let Some(contexts) = root.get("defaultContext") {
        parsed.set.default_context = context_set(contexts).map_err(shape)?;
    }
    parsed.set.keep_alive = root.bool("keepAlive").map_err(shape)?;
    Ok(parsed)
}

pub(super) fn one_config(json: &Json) -> Result<Config, Finding> {
    config(json, "").map_err(|error| finding(json, 0, error))
}

pub(super) fn one_value(json: &Json) -> Result<ConfigValue, Finding> {
    value(json, "value").map_err(|error| finding(json, 0, error))
}

fn finding(item: &Json, at: usize, error: ReadError) -> Finding {
    let key = item.get("key").and_then(Json::as_str).map_or_else(|| format!("#{at}"), ToOwned::to_owned);
    Finding { key, path: error.path, expected: error.expected }
}

fn pointer(json: &Json) -> ReadResult<Pointer> {
    let object = Object::new(json, "configServicePointer")?;
    Ok(Pointer {
        project_id: object.int("projectId")?,
        start_at_id: object.int("startAtId")?,
        project_env_id: object.int("projectEnvId")?,
    })
}

fn context_set(json: &Json) -> ReadResult<ContextSet> {
    let object = Object::new(json, "defaultContext")?;
    let mut set = ContextSet::new();
    for item in object.list("contexts")? {
        let object = Object::new(item, "defaultContext.contexts[]")?;
        let mut context = Context::new(object.text("type")?);
        if let Some(Json::Object(values)) = object.get("values") {
            for (property, json) in values {
                let path = format!("defaultContext.{property}");
                context.set(property.clone(), context_value(value(json, &path)?.value, &path)?);
            }
        }
        set.set(context);
    }
    Ok(set)
}

/// Converts a value to a property. Contexts contain plain values only.
fn context_value(value: Value, path: &str) -> ReadResult<ContextValue> {
    Ok(match value {
        Value::NotSet => ContextValue::Null,
        Value::Int(int) => ContextValue::Int(int),
        Value::String(text) | Value::Duration(text) | Value::Json(text) => ContextValue::String(text),
        Value::Double(double) => ContextValue::Double(double),
        Value::Bool(bool) => ContextValue::Bool(bool),
        Value::StringList(list) => ContextValue::StringList(list),
        Value::LogLevel(level) => ContextValue::String(level.name().to_owned()),
        other => return invalid(path, format!("a plain value, not {}", other.kind())),
    })
}

fn config(json: &Json, path: &str) -> ReadResult<Config> {
    let object = Object::new(json, path)?;
    let key = object.text("key")?;
    if key.is_empty() {
        return invalid(&object.path("key"), "the config's key");
    }
    Ok(Config {
        id: object.int("id")?,
        project_id: object.int("projectId")?,
        key,
        changed_by: object
            .get("changedBy")
            .map(|json| changed_by(json, &object.path("changedBy")))
            .transpose()?,
        rows: object.each("rows", row)?,
        allowable_values: object.each("allowableValues", value)?,
        config_type: object.name("configType", ConfigType::from_name, ConfigType::from_number)?,
        draft_id: object.optional_int("draftId")?,
        value_type: object.name("valueType", ValueType::from_name, ValueType::from_number)?,
        send_to_client_sdk: object.bool("sendToClientSdk")?,
        schema_key: object.optional_text("schemaKey")?,
        tags: object.each("tags", text)?,
    })
}

fn changed_by(json: &Json, path: &str) -> ReadResult<ChangedBy> {
    let object = Object::new(json, path)?;
    Ok(ChangedBy {
        user_id: object.int("userId")?,
        email: object.text("email")?,
        api_key_id: object.text("apiKeyId")?,
        user_identity: object.text("userIdentity")?,
    })
}

fn row(json: &Json, path: &str) -> ReadResult<ConfigRow> {
    let object = Object::new(json, path)?;
    let mut row = ConfigRow {
        project_env_id: object.optional_int("projectEnvId")?,
        values: object.each("values", conditional_value)?,
        ..ConfigRow::default()
    };
    if let Some(Json::Object(properties)) = object.get("properties") {
        for (name, json) in properties {
            row.properties.insert(name.clone(), value(json, &object.path(&format!("properties.{name}")))?);
        }
    }
    Ok(row)
}

fn conditional_value(json: &Json, path: &str) -> ReadResult<ConditionalValue> {
    let object = Object::new(json, path)?;
    Ok(ConditionalValue {
        criteria: object.each("criteria", criterion)?,
        value: object.get("value").map(|json| value(json, &object.path("value"))).transpose()?,
    })
}

fn criterion(json: &Json, path: &str) -> ReadResult<Criterion> {
    let object = Object::new(json, path)?;
    Ok(Criterion {
        property_name: object.text("propertyName")?,
        operator: object
            .name("operator", Operator::from_name, |number| Some(Operator::from_number(number)))?,
        value_to_match: object
            .get("valueToMatch")
            .map(|json| value(json, &object.path("valueToMatch")))
            .transpose()?,
    })
}
