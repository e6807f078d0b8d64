//! Reads the values of a datafile.

use serde_json::Value as Json;

use super::{
    names::{
        LIMIT_POLICIES, SAFETY_LEVELS, level_from_name, name_in, schema_from_name, schema_from_number,
        source_from_name, source_from_number,
    },
    object::{Object, ReadResult, bytes, double, int, text},
};
use crate::{
    ConfigValue, IntRange, LimitDefinition, LogLevel, Provided, Schema, Value, WeightedValue, WeightedValues,
};

/// Reads a value.
pub(super) fn value(json: &Json, path: &str) -> ReadResult<ConfigValue> {
    let object = Object::new(json, path)?;
    Ok(ConfigValue {
        value: kind(&object)?,
        confidential: object.bool("confidential")?,
        decrypt_with: object.optional_text("decryptWith")?,
        name: object.optional_text("name")?,
        description: object.optional_text("description")?,
    })
}

fn kind(object: &Object<'_>) -> ReadResult<Value> {
    const KINDS: [&str; 14] = [
        "int",
        "string",
        "bytes",
        "double",
        "bool",
        "weightedValues",
        "limitDefinition",
        "logLevel",
        "stringList",
        "intRange",
        "provided",
        "duration",
        "json",
        "schema",
    ];
    let Some((name, json)) = KINDS.iter().find_map(|name| Some((*name, object.get(name)?))) else {
        return Ok(Value::NotSet);
    };
    let path = object.path(name);
    Ok(match name {
        "int" => Value::Int(int(json, &path)?),
        "string" => Value::String(text(json, &path)?),
        "bytes" => Value::Bytes(bytes(json, &path)?),
        "double" => Value::Double(double(json, &path)?),
        "bool" => Value::Bool(object.bool(name)?),
        "logLevel" => Value::LogLevel(object.name(name, level_from_name, LogLevel::from_number)?),
        _ => return message(name, &Object::new(json, &path)?),
    })
}

fn message(name: &str, object: &Object<'_>) -> ReadResult<Value> {
    Ok(match name {
        "weightedValues" => Value::Weighted(WeightedValues {
            values: object.each("weightedValues", weighted_value)?,
            hash_by_property_name: object.optional_text("hashByPropertyName")?,
        }),
        "limitDefinition" => Value::LimitDefinition(LimitDefinition {
            policy_name: object.name("policyName", |name| name_in(LIMIT_POLICIES, name), Some)?,
            limit: object.int32("limit")?,
            burst: object.int32("burst")?,
            account_id: object.int("accountId")?,
            last_modified: object.int("lastModified")?,
            returnable: object.bool("returnable")?,
            safety_level: object.name("safetyLevel", |name| name_in(SAFETY_LEVELS, name), Some)?,
        }),
        "stringList" => Value::StringList(object.each("values", text)?),
        "intRange" => Value::IntRange(IntRange {
            start: object.optional_int("start")?,
            end: object.optional_int("end")?,
        }),
        "provided" => Value::Provided(Provided {
            source: object.name("source", source_from_name, |number| Some(source_from_number(number)))?,
            lookup: object.text("lookup")?,
        }),
        "duration" => Value::Duration(object.text("definition")?),
        "json" => Value::Json(object.text("json")?),
        _ => Value::Schema(Schema {
            schema: object.text("schema")?,
            schema_type: object.name("schemaType", schema_from_name, schema_from_number)?,
        }),
    })
}

fn weighted_value(json: &Json, path: &str) -> ReadResult<WeightedValue> {
    let object = Object::new(json, path)?;
    Ok(WeightedValue {
        weight: object.int32("weight")?,
        value: match object.get("value") {
            Some(json) => value(json, &object.path("value"))?,
            None => ConfigValue::default(),
        },
    })
}
