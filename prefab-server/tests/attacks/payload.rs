//! Bodies of requests, by their size.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};

use crate::attack::Request;

const MANAGE: &str = "/api/manage/v1/projects/1";

/// A request of the management API about project 1.
pub(crate) fn manage(method: &'static str, path: &str, body: &Json) -> Request {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Request::new(method, format!("{MANAGE}{path}"), body)
}

pub(crate) fn read(path: &str) -> Request {
    manage("GET", path, &Json::Null)
}

/// A telemetry report in JSON with one event.
pub(crate) fn report(event: &Json) -> Request {
    let body = json!({ "events": [event] }).to_string();
    Request::new("POST", "/api/v1/telemetry", body).header("content-type", "application/json")
}

/// An event that counts evaluations of a key.
pub(crate) fn evaluations(key: &str, counters: &[Json]) -> Json {
    let summary = json!({"key": key, "type": "CONFIG", "counters": counters});
    json!({"summaries": {"start": 1, "end": 2, "summaries": [summary]}})
}

/// A flag, or another kind of item, whose rules each have one pattern.
pub(crate) fn item_of_patterns(key: &str, kind: &str, patterns: impl Iterator<Item = String>) -> Json {
    let value = match kind {
        "log_level" => json!({"type": "log_level", "value": "DEBUG"}),
        _ => json!({"type": "bool", "value": true}),
    };
    let rule = |pattern: String| {
        let value_to_match = json!({"type": "string", "value": pattern});
        let criterion =
            json!({"propertyName": "user.key", "operator": "PROP_MATCHES", "valueToMatch": value_to_match});
        json!({"criteria": [criterion], "value": value})
    };
    let mut rules: Vec<Json> = patterns.map(rule).collect();
    rules.push(json!({ "criteria": [], "value": value }));
    json!({"item": {"key": key, "type": kind, "default": {"rules": rules}}})
}

/// The same flag in the form of the official management API.
pub(crate) fn official_flag(key: &str, patterns: impl Iterator<Item = String>) -> Json {
    let rule = |pattern: String| {
        json!({"criteria": [{"propertyName": "user.key", "operator": "PROP_MATCHES",
                             "valueToMatch": {"string": pattern}}], "value": {"bool": true}})
    };
    let rules: Vec<Json> = patterns.map(rule).collect();
    json!({"key": key, "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": rules}]})
}

/// Patterns of which each is larger than one compiled pattern may be.
pub(crate) fn too_large(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!(r"\pL{{99}}x{number}"))
}

/// Patterns that are just small enough each.
pub(crate) fn large(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!(r"\pL{{24}}x{number}"))
}

/// Small patterns that backtrack over a text of many `a`.
pub(crate) fn backtracking(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("^(?:(?=a)a|a(?=a)|a)+b{number}"))
}

/// The path of a front-end evaluation for a user.
pub(crate) fn evaluate(user: &str) -> String {
    let contexts = json!({"contexts": [{"type": "user", "values": {"key": {"string": user}}}]});
    let encoded = BASE64_STANDARD.encode(contexts.to_string());
    let encoded = encoded.replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    format!("/api/v2/configs/eval-with-context/{encoded}")
}

/// A schema in which each of `depth` definitions refers twice to the next.
pub(crate) fn schema(depth: usize, twice: fn(Json) -> Json, name: Names) -> String {
    let reference = |at: usize| match name {
        Names::Pointer => json!({ "$ref": format!("#/$defs/d{at}") }),
        Names::Anchor => json!({ "$ref": format!("#d{at}") }),
        Names::DynamicAnchor => json!({ "$dynamicRef": format!("#d{at}") }),
        Names::Id => json!({ "$ref": format!("urn:example:d{at}") }),
    };
    let named = |at: usize, mut definition: Json| {
        match name {
            Names::Pointer => {}
            Names::Anchor => definition["$anchor"] = format!("d{at}").into(),
            Names::DynamicAnchor => definition["$dynamicAnchor"] = format!("d{at}").into(),
            Names::Id => definition["$id"] = format!("urn:example:d{at}").into(),
        }
        definition
    };
    let mut definitions = serde_json::Map::new();
    for at in 0..depth {
        definitions.insert(format!("d{at}"), named(at, twice(reference(at + 1))));
    }
    definitions.insert(format!("d{depth}"), named(depth, json!({})));
    let mut schema = reference(0);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$defs"] = definitions.into();
    schema.to_string()
}

/// How a schema's definitions refer to each other.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    Pointer,
    Anchor,
    DynamicAnchor,
    Id,
}

pub(crate) fn schema_item(key: &str, schema: &str) -> Json {
    let value = json!({"schemaType": "JSON_SCHEMA", "schema": schema});
    let rules = json!([{"value": {"type": "schema", "value": value}}]);
    json!({"item": {"key": key, "type": "schema", "default": {"rules": rules}}})
}

/// A config in JSON that follows a schema.
pub(crate) fn item_of_schema(key: &str, schema: &str, value: &Json) -> Json {
    let rules = json!([{"value": {"type": "json", "value": value.to_string()}}]);
    json!({"item": {"key": key, "type": "config", "valueType": "json", "schemaKey": schema,
                    "default": {"rules": rules}}})
}
