//! JSON as structures of the SDK.

use open_feature::{StructValue, Value};
use serde_json::{Map, Value as Json};

/// Returns a JSON object as a structure. Members that are null are omitted, because the SDK has no null.
///
/// Returns `None` if a list contains null: without it, the positions of the other elements would change.
pub(crate) fn structure(fields: Map<String, Json>) -> Option<StructValue> {
    let mut structure = StructValue::default();
    for (name, field) in fields {
        if !field.is_null() {
            structure.fields.insert(name, value(field)?);
        }
    }
    Some(structure)
}

fn value(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(value).collect::<Option<_>>()?),
        Json::Object(fields) => Value::Struct(structure(fields)?),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(json: Json) -> Option<StructValue> {
        match json {
            Json::Object(fields) => structure(fields),
            _ => None,
        }
    }

    #[test]
    fn json_keeps_its_types() {
        let inner = StructValue::default().with_field("a", "b");
        let expected = StructValue::default()
            .with_field("bool", true)
            .with_field("int", 3)
            .with_field("float", 1.0)
            .with_field("huge", 18_446_744_073_709_551_615_f64)
            .with_field("text", "x")
            .with_field("list", Value::Array(vec![Value::Int(1), Value::String("two".to_owned())]))
            .with_field("inner", Value::Struct(inner));
        let json = json!({"bool": true, "int": 3, "float": 1.0, "huge": 18_446_744_073_709_551_615_u64, "text": "x",
                          "list": [1, "two"], "inner": {"a": "b", "none": null}, "none": null});
        assert_eq!(of(json), Some(expected));
    }

    #[test]
    fn a_list_with_null_has_no_structure() {
        assert_eq!(of(json!({"list": [1, null]})), None);
        assert_eq!(of(json!({"inner": {"list": [[null]]}})), None);
    }
}
