//! Evaluations in the form of Quonfig's browser SDKs: values as plain JSON with the name of their type.

use std::time::Duration;

use prefab_core::{ConfigType, Context, ContextSet, ValueType};
use prefab_eval::{EvaluatedValue, Evaluation};
use serde_json::{Map, Value as Json, json};

use super::contexts::plain;

/// Reads `{"user": {"key": "u-1"}}`. Returns `None` for the form of other SDKs, which has a list `contexts`.
pub fn contexts_from_json(json: &Json) -> Option<ContextSet> {
    let contexts = json.as_object().filter(|fields| !fields.get("contexts").is_some_and(Json::is_array))?;
    let mut set = ContextSet::new();
    for (name, values) in contexts {
        let mut context = Context::new(name.clone());
        for (property, value) in values.as_object().into_iter().flatten() {
            context.set(property.clone(), plain(value));
        }
        set.set(context);
    }
    Some(set)
}

/// Encodes one evaluation. Returns `None` for a value that the SDKs do not support: one such value fails the whole response.
pub(super) fn encode(evaluation: &Evaluation<'_>) -> Option<Json> {
    let (kind, value) = match evaluation.written_json() {
        Some(text) => ("json", native(&text)?),
        None => value(&evaluation.value)?,
    };
    let config = evaluation.config();
    let mut fields = Map::from_iter([
        ("value".to_owned(), json!({ "type": kind, "value": value })),
        ("configId".to_owned(), config.id.to_string().into()),
        ("configType".to_owned(), type_name(config.config_type).into()),
        ("valueType".to_owned(), value_type_name(config.value_type, kind).into()),
        ("configRowIndex".to_owned(), evaluation.config_row_index.into()),
        ("conditionalValueIndex".to_owned(), evaluation.conditional_value_index.into()),
        ("ruleIndex".to_owned(), evaluation.conditional_value_index.into()),
        ("reason".to_owned(), evaluation.reason.name().into()),
    ]);
    if let Some(index) = evaluation.weighted_value_index {
        fields.insert("weightedValueIndex".to_owned(), index.into());
    }
    Some(Json::Object(fields))
}

fn value(value: &EvaluatedValue<'_>) -> Option<(&'static str, Json)> {
    Some(match value {
        EvaluatedValue::Int(int) => ("int", (*int).into()),
        EvaluatedValue::Double(double) => ("double", (*double).into()),
        EvaluatedValue::Bool(bool) => ("bool", (*bool).into()),
        EvaluatedValue::String(text) => ("string", text.as_ref().into()),
        EvaluatedValue::LogLevel(level) => ("log_level", level.name().into()),
        EvaluatedValue::StringList(list) => ("string_list", json!(list)),
        EvaluatedValue::Json(json) => ("json", native(&json.to_string())?),
        EvaluatedValue::Duration(duration) => ("duration", seconds(*duration).into()),
        EvaluatedValue::Bytes(_)
        | EvaluatedValue::IntRange(_)
        | EvaluatedValue::LimitDefinition(_)
        | EvaluatedValue::Schema(_) => return None,
    })
}

/// Returns a JSON value. The SDKs reject strings.
fn native(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok().filter(|json: &Json| !json.is_string())
}

/// Returns a duration in seconds, because older SDKs do not read days.
fn seconds(duration: Duration) -> String {
    let nanos = format!(".{:09}", duration.subsec_nanos());
    format!("PT{}{}S", duration.as_secs(), nanos.trim_end_matches('0').trim_end_matches('.'))
}

fn type_name(config_type: ConfigType) -> &'static str {
    match config_type {
        ConfigType::FeatureFlag => "feature_flag",
        ConfigType::LogLevel | ConfigType::LogLevelV2 => "log_level",
        ConfigType::Segment => "segment",
        ConfigType::NotSet
        | ConfigType::Config
        | ConfigType::LimitDefinition
        | ConfigType::Deleted
        | ConfigType::Schema => "config",
    }
}

/// Returns the declared type, or the type of the value if none is declared.
fn value_type_name(declared: ValueType, kind: &str) -> String {
    match declared {
        ValueType::NotSet => kind.to_owned(),
        declared => declared.name().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::ContextValue;
    use prefab_eval::{Contexts, FixedHost, Ruleset};

    use super::*;

    #[test]
    fn contexts_are_named_objects() {
        let set = contexts_from_json(
            &json!({"user": {"key": "u-1", "age": 3, "none": null}, "contexts": {"a": true}}),
        );
        let user = Context::new("user").with("key", "u-1").with("age", 3).with("none", ContextValue::Null);
        let mut expected = ContextSet::from(user);
        expected.set(Context::new("contexts").with("a", true));
        assert_eq!(set, Some(expected));
        assert_eq!(contexts_from_json(&json!({})), Some(ContextSet::new()));
        assert_eq!(contexts_from_json(&json!({"contexts": []})), None);
        assert_eq!(contexts_from_json(&json!([])), None);
    }

    #[test]
    fn each_type_of_value_has_its_form() {
        let check = |value: Json, expected: Json| {
            let file = json!({"configs": [{"id": "7", "key": "k", "configType": "CONFIG",
                "rows": [{"values": [{"value": value}]}]}]});
            let ruleset = Ruleset::from_datafile(&file.to_string()).unwrap();
            let evaluation = ruleset.evaluate("k", &Contexts::default(), &FixedHost::default()).unwrap();
            let encoded = encode(&evaluation).unwrap_or_default();
            assert_eq!(encoded["value"], expected);
            encoded
        };
        let typed = |kind: &str, value: Json| json!({"type": kind, "value": value});
        check(json!({"int": "3"}), typed("int", json!(3)));
        check(json!({"stringList": {"values": ["a"]}}), typed("string_list", json!(["a"])));
        check(json!({"json": {"json": "{\"a\": 1}"}}), typed("json", json!({"a": 1})));
        check(json!({"json": {"json": "\"a\""}}), Json::Null);
        check(json!({"duration": {"definition": "P1DT0.5S"}}), typed("duration", json!("PT86400.5S")));
        check(json!({"duration": {"definition": "PT1M"}}), typed("duration", json!("PT60S")));
        check(json!({"logLevel": "WARN"}), typed("log_level", json!("WARN")));
        let whole = check(json!({"bool": true}), typed("bool", json!(true)));
        assert_eq!(
            whole,
            json!({"value": {"type": "bool", "value": true}, "configId": "7", "configType": "config", "valueType": "bool",
                   "configRowIndex": 0, "conditionalValueIndex": 0, "ruleIndex": 0, "reason": "STATIC"})
        );
    }
}
