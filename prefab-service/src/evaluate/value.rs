//! One value in each response format.

use prefab_core::duration::format_duration;
use prefab_eval::{EvaluatedValue, Evaluation};
use serde_json::{Value as Json, json};

use super::ResponseFormat;

/// Returns the name of the type, and the value. JSON is sent as it is written in the config.
pub(super) fn evaluation_to_json(
    evaluation: &Evaluation<'_>,
    format: ResponseFormat,
) -> Option<(&'static str, Json)> {
    match evaluation.written_json() {
        Some(text) if format == ResponseFormat::V1 => Some(("json", json!({ "json": text }))),
        Some(text) => Some(("json", json!(text))),
        None => to_json(&evaluation.value, format),
    }
}

fn to_json(value: &EvaluatedValue<'_>, format: ResponseFormat) -> Option<(&'static str, Json)> {
    let is_old = format == ResponseFormat::V1;
    Some(match value {
        EvaluatedValue::Int(int) if is_old => ("int", int.to_string().into()),
        EvaluatedValue::Int(int) => ("int", (*int).into()),
        EvaluatedValue::Double(double) => ("double", (*double).into()),
        EvaluatedValue::Bool(bool) => ("bool", (*bool).into()),
        EvaluatedValue::String(text) => ("string", text.as_ref().into()),
        EvaluatedValue::LogLevel(level) => ("logLevel", level.name().into()),
        EvaluatedValue::StringList(list) if is_old => ("stringList", json!({ "values": list })),
        EvaluatedValue::StringList(list) => ("stringList", json!(list)),
        EvaluatedValue::Json(json) if is_old => ("json", json!({ "json": json.to_string() })),
        EvaluatedValue::Json(json) => ("json", json.to_string().into()),
        EvaluatedValue::Duration(duration) => {
            let definition = format_duration(*duration);
            let json = if is_old {
                let mut json = json!({ "seconds": duration.as_secs().to_string(), "definition": definition });
                if duration.subsec_nanos() != 0 {
                    json["nanos"] = duration.subsec_nanos().into();
                }
                json
            } else {
                json!({ "definition": definition, "millis": value.to_json()? })
            };
            ("duration", json)
        }
        EvaluatedValue::Bytes(_)
        | EvaluatedValue::IntRange(_)
        | EvaluatedValue::LimitDefinition(_)
        | EvaluatedValue::Schema(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_response_format_has_its_own_encoding() {
        let check = |value: EvaluatedValue<'_>, v1: Json, v2: Json| {
            let of = |format| to_json(&value, format).map(|(kind, json)| json!({ kind: json })).unwrap();
            assert_eq!((of(ResponseFormat::V1), of(ResponseFormat::V2)), (v1, v2));
        };
        check(EvaluatedValue::Int(3), json!({"int": "3"}), json!({"int": 3}));
        check(
            EvaluatedValue::StringList(vec!["a".to_owned()].into()),
            json!({"stringList": {"values": ["a"]}}),
            json!({"stringList": ["a"]}),
        );
        check(
            EvaluatedValue::Duration(Duration::from_secs(90)),
            json!({"duration": {"seconds": "90", "definition": "PT1M30S"}}),
            json!({"duration": {"definition": "PT1M30S", "millis": 90_000}}),
        );
    }
}
