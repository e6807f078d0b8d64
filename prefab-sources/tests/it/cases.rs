//! The meaning of local YAML files, as data for every language: `cases/yaml.json`.

#![allow(clippy::unwrap_used, reason = "a test may")]

use prefab_core::{
    Config, Match, ValueType,
    datafile::{config_to_json, value_to_json},
};
use prefab_sources::{
    Position,
    yaml::{self, ParsedYaml, YamlItem},
};
use serde_json::{Map, Value as Json, json};

fn cases() -> Json {
    serde_json::from_str(include_str!("../../cases/yaml.json")).unwrap()
}

#[test]
fn scalars_match_the_cases() {
    for case in cases()["scalars"].as_array().unwrap() {
        let text = case[0].as_str().unwrap();
        let ParsedYaml { items, findings } = yaml::parse(&format!("key: {text}\n"), "case.yaml").unwrap();
        let got = items.first().map_or(Json::Null, |item| value_to_json(value(&item.config)));
        assert_eq!(got, case[1], "`{text}`");
        assert!(findings.is_empty(), "`{text}`: {findings:?}");
    }
}

#[test]
fn files_match_the_cases() {
    for case in cases()["files"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let lines: Vec<&str> = case["yaml"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        let text = lines.join("\n") + "\n";
        match yaml::parse(&text, "case.yaml") {
            Ok(parsed) => {
                let keys: Map<String, Json> =
                    parsed.items.iter().map(|item| (item.config.key.clone(), shown(item))).collect();
                assert_eq!(Json::Object(keys), case["keys"], "{name}");
                check_findings(name, &parsed, case);
            }
            Err(error) => assert_eq!(position(error.position), case["error"], "{name}: {error}"),
        }
    }
}

fn check_findings(name: &str, parsed: &ParsedYaml, case: &Json) {
    let none = Vec::new();
    let expected = case["findings"].as_array().unwrap_or(&none);
    let shown: Vec<String> = parsed.findings.iter().map(ToString::to_string).collect();
    assert_eq!(parsed.findings.len(), expected.len(), "{name}: {shown:#?}");
    for (finding, expected) in parsed.findings.iter().zip(expected) {
        let mut got = position(finding.position.unwrap());
        if let Some(key) = &finding.key {
            got["key"] = json!(key);
        }
        let message = expected["message"].as_str().unwrap();
        assert!(finding.message.contains(message), "{name}: `{message}` is not in `{finding}`");
        got["message"] = json!(message);
        assert_eq!(&got, expected, "{name}: {finding}");
    }
}

fn position(position: Position) -> Json {
    json!({"line": position.line, "column": position.column})
}

fn value(config: &Config) -> &prefab_core::ConfigValue {
    config.rows[0].values[0].value.as_ref().unwrap()
}

/// Returns an item in the form of the cases: without defaults.
fn shown(item: &YamlItem) -> Json {
    let YamlItem { config, matched, position: _ } = item;
    assert_eq!((config.rows.len(), config.rows[0].values.len()), (1, 1), "one row with one rule");
    assert_eq!(config.rows[0].project_env_id, None);
    let mut shown = json!({"value": value_to_json(value(config))});
    let whole = config_to_json(config);
    if whole["configType"] != "CONFIG" {
        shown["type"] = whole["configType"].clone();
    }
    if config.value_type != usual_type(config) {
        shown["valueType"] = json!(config.value_type.name());
    }
    if let Match::Text(text) = matched {
        shown["match"] = json!(&**text);
    }
    let criteria = &whole["rows"][0]["values"][0]["criteria"];
    if criteria.as_array().is_some_and(|criteria| !criteria.is_empty()) {
        shown["criteria"] = criteria.clone();
    }
    let variants: Vec<_> = config.allowable_values.iter().collect();
    let expected = if shown["type"] == "FEATURE_FLAG" { vec![value(config)] } else { Vec::new() };
    assert_eq!(variants, expected, "the variants of `{}`", config.key);
    shown
}

fn usual_type(config: &Config) -> ValueType {
    match value(config).value.kind() {
        "int" => ValueType::Int,
        "string" => ValueType::String,
        "double" => ValueType::Double,
        "bool" => ValueType::Bool,
        "string list" => ValueType::StringList,
        "log level" => ValueType::LogLevel,
        // The type of a provided value has no default, so every case contains it.
        _ => ValueType::Bytes,
    }
}
