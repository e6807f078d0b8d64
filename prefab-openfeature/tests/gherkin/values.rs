//! Values of the scenarios, as values of the SDK.

use open_feature::{StructValue, Value};
use serde_json::Value as Json;

/// Returns the value that a scenario writes for a type.
pub(crate) fn parse(kind: &str, text: &str) -> Value {
    match kind.to_lowercase().as_str() {
        "boolean" => Value::Bool(text.parse().unwrap()),
        "string" => Value::String(text.to_owned()),
        "integer" => Value::Int(text.parse().unwrap()),
        "float" => Value::Float(text.parse().unwrap()),
        "object" => from_json(serde_json::from_str(text).unwrap()),
        other => panic!("unknown type {other}"),
    }
}

fn from_json(json: Json) -> Value {
    match json {
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(from_json).collect()),
        Json::Object(fields) => {
            let fields = fields.into_iter().map(|(name, field)| (name, from_json(field)));
            Value::Struct(StructValue { fields: fields.collect() })
        }
        Json::Null => panic!("the SDK has no null"),
    }
}
