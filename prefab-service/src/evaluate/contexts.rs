//! Contexts as front ends send them.

use prefab_core::{Context, ContextSet, ContextValue};
use serde_json::Value as Json;

/// Reads `{"contexts": [{"type": "user", "values": {"key": {"string": "u-1"}}}]}`.
///
/// # Errors
///
/// The place in the JSON, and what is expected there.
pub fn from_json(json: &Json) -> Result<ContextSet, String> {
    let contexts = json.get("contexts").and_then(Json::as_array).ok_or("`contexts`: expected a list")?;
    let mut set = ContextSet::new();
    for json in contexts {
        let name = json.get("type").and_then(Json::as_str).unwrap_or_default();
        let mut context = Context::new(name.to_owned());
        if let Some(Json::Object(values)) = json.get("values") {
            for (property, kinds) in values {
                let value = kinds.as_object().and_then(|kinds| kinds.values().next()).unwrap_or(kinds);
                context.set(property.clone(), plain(value));
            }
        }
        set.set(context);
    }
    Ok(set)
}

/// Reads `{"lookup": "u-1", "attributes": {"plan": "pro"}}`.
pub fn from_identity(json: &Json) -> ContextSet {
    let attributes = json.get("attributes").and_then(Json::as_object).into_iter().flatten();
    ContextSet::from_lookup_key(
        json.get("lookup").and_then(Json::as_str),
        attributes.map(|(name, value)| (name.clone(), plain(value))),
    )
}

/// Returns the value with the type that it has in JSON. The type that the browser names adds no information.
pub(super) fn plain(json: &Json) -> ContextValue {
    match json {
        Json::Bool(bool) => ContextValue::Bool(*bool),
        Json::String(text) => ContextValue::String(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(int) => ContextValue::Int(int),
            None => number.as_f64().map_or(ContextValue::Null, ContextValue::Double),
        },
        Json::Array(items) => {
            ContextValue::StringList(items.iter().filter_map(Json::as_str).map(ToOwned::to_owned).collect())
        }
        Json::Object(fields) => fields.get("values").map_or(ContextValue::Null, plain),
        Json::Null => ContextValue::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn browser_contexts_name_the_type_of_each_value() {
        let set = from_json(&json!({"contexts": [{"type": "user", "values": {"key": {"string": "u-1"},
            "age": {"int": 3}, "score": {"double": 1.5}, "vip": {"bool": true}, "none": {"bool": null}}}]}))
        .unwrap();
        let user = Context::new("user")
            .with("key", "u-1")
            .with("age", 3)
            .with("score", 1.5)
            .with("vip", true)
            .with("none", ContextValue::Null);
        assert_eq!(set, ContextSet::from(user));
        assert!(from_json(&json!({})).is_err());
    }
}
