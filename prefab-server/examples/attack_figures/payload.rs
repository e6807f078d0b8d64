//! The inputs of the attacks.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};

/// A schema in which each of `depth` definitions refers twice to the next.
pub(crate) fn schema(depth: usize) -> Json {
    let mut definitions = serde_json::Map::new();
    for at in 0..depth {
        let next = json!({ "$ref": format!("#/$defs/d{}", at + 1) });
        definitions.insert(format!("d{at}"), json!({"allOf": [next, next]}));
    }
    definitions.insert(format!("d{depth}"), json!({"type": "object"}));
    let schema = json!({"$ref": "#/$defs/d0", "$defs": definitions}).to_string();
    let value = json!({"schemaType": "JSON_SCHEMA", "schema": schema});
    json!({"item": {"key": "sx", "type": "schema",
                    "default": {"rules": [{"value": {"type": "schema", "value": value}}]}}})
}

/// A flag with one rule per pattern on `user.key`.
pub(crate) fn flag_of_patterns(key: &str, patterns: impl Iterator<Item = String>) -> Json {
    let value = json!({"type": "bool", "value": true});
    let rule = |pattern: String| {
        json!({"criteria": [{"propertyName": "user.key", "operator": "PROP_MATCHES",
                             "valueToMatch": {"type": "string", "value": pattern}}], "value": value})
    };
    let mut rules: Vec<Json> = patterns.map(rule).collect();
    rules.push(json!({ "value": value }));
    json!({"item": {"key": key, "type": "feature_flag", "default": {"rules": rules}}})
}

/// The same flag in a datafile.
pub(crate) fn datafile(key: &str, patterns: impl Iterator<Item = String>) -> Json {
    let rule = |pattern: String| {
        json!({"criteria": [{"propertyName": "user.key", "operator": "PROP_MATCHES",
                             "valueToMatch": {"string": pattern}}], "value": {"bool": true}})
    };
    let mut rules: Vec<Json> = patterns.map(rule).collect();
    rules.push(json!({"value": {"bool": false}}));
    let flag = json!({"id": "1", "projectId": "1", "key": key, "configType": "FEATURE_FLAG", "valueType": "BOOL",
                      "rows": [{ "values": rules }]});
    json!({"configs": [flag], "configServicePointer": {"projectId": "1", "projectEnvId": "1"}})
}

/// Patterns of which each compiles to more than is allowed.
pub(crate) fn refused(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!(r"\pL{{99}}x{number}"))
}

/// Patterns that are just small enough each.
pub(crate) fn accepted(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!(r"\pL{{24}}x{number}"))
}

pub(crate) fn backtracking(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("^(?:(?=a)a|a(?=a)|a)+b{number}"))
}

/// An import of flags with one rule for two plans and one whose name has `padding` bytes.
pub(crate) fn import(count: usize, padding: usize) -> Json {
    let padding = "x".repeat(padding);
    let config = |at: usize| {
        json!({"key": format!("flag.number.{at}"), "configType": "FEATURE_FLAG", "valueType": "BOOL",
               "rows": [{"values": [
                   {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                                  "valueToMatch": {"stringList": {"values": ["pro", "team", padding]}}}],
                    "value": {"bool": true}},
                   {"value": {"bool": false}}]}]})
    };
    json!({"configs": (0..count).map(config).collect::<Vec<_>>()})
}

/// The path of a front-end evaluation.
pub(crate) fn evaluate(user: &str) -> String {
    let values = json!({"key": {"string": user}, "plan": {"string": "pro"}});
    let contexts = json!({"contexts": [{"type": "user", "values": values}]});
    let encoded = BASE64_STANDARD.encode(contexts.to_string());
    let encoded = encoded.replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    format!("/api/v2/configs/eval-with-context/{encoded}")
}

/// A report of 3.7 MB: invented values of a known key, invented keys with invented ids, invented loggers.
pub(crate) fn report(number: usize) -> String {
    let long = "x".repeat(480);
    let logger = |at: usize| json!({"loggerName": format!("l{number}.{at}.{long}"), "debugs": 1});
    let counter = |at: usize| {
        json!({"configId": (number * 10_000 + at).to_string(), "count": 1,
               "selectedValue": {"string": format!("value {number} {at}")}})
    };
    let summary = |at: usize| {
        let key = format!("k{number}.{at}.{}", &long[..100]);
        json!({"key": key, "type": "CONFIG", "counters": [counter(at)]})
    };
    let mut summaries: Vec<Json> = (0..4_000).map(summary).collect();
    let counters: Vec<Json> = (0..4_000).map(counter).collect();
    summaries.push(json!({"key": "flag.number.0", "type": "FEATURE_FLAG", "counters": counters}));
    let loggers: Vec<Json> = (0..4_000).map(logger).collect();
    json!({"events": [{"summaries": {"start": 1, "end": 2, "summaries": summaries}},
                      {"loggers": {"loggers": loggers}}]})
    .to_string()
}
