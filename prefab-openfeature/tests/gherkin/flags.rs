//! The flags of the scenarios, as a datafile.

use serde_json::{Map, Value as Json, json};

/// Returns a datafile with the flags of `test-flags.json`.
pub(crate) fn datafile(flags: &Json) -> Json {
    let flags = flags.as_object().unwrap().iter().filter(|(_, flag)| flag["disabled"] != true);
    let configs = flags.map(|(key, flag)| config(key, flag)).chain([context_aware()]);
    json!({"configs": configs.collect::<Vec<_>>()})
}

fn config(key: &str, flag: &Json) -> Json {
    let variants = flag["variants"].as_object().unwrap();
    let mut rules = Vec::new();
    if let Some(expression) = flag["contextEvaluator"].as_str() {
        let (condition, result) = expression.split_once(" ? ").unwrap();
        let variant = result.strip_suffix(" : ''").unwrap().trim_matches('\'');
        let criteria: Vec<Json> = condition.split(" && ").map(criterion).collect();
        rules.push(json!({"criteria": criteria, "value": value(variants, variant)}));
    }
    if let Some(variant) = flag["defaultVariant"].as_str() {
        rules.push(json!({"value": value(variants, variant)}));
    }
    flag_config(key, &json!(rules))
}

fn flag_config(key: &str, rules: &Json) -> Json {
    json!({"id": "1", "key": key, "configType": "FEATURE_FLAG", "rows": [{"values": rules}]})
}

/// Returns a value whose variant has a name.
fn value(variants: &Map<String, Json>, name: &str) -> Json {
    let value = match &variants[name] {
        Json::Bool(bool) => json!({"bool": bool}),
        Json::Number(number) if number.is_i64() => json!({"int": number.to_string()}),
        Json::Number(number) => json!({"double": number}),
        Json::String(text) => json!({"string": text}),
        other => json!({"json": {"json": other.to_string()}}),
    };
    let mut value = value;
    value["name"] = name.into();
    value
}

/// Returns a criterion for one of the conditions that occur: `!name`, `name == 'text'` and `name > 3`.
fn criterion(condition: &str) -> Json {
    let one_of = |name: &str, text: &str| json!({"propertyName": name, "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": [text]}}});
    if let Some(name) = condition.strip_prefix('!') {
        return one_of(name, "false");
    }
    if let Some((name, text)) = condition.split_once(" == ") {
        return one_of(name, text.trim_matches('\''));
    }
    let (name, number) = condition.split_once(" > ").unwrap();
    json!({"propertyName": name, "operator": "PROP_GREATER_THAN", "valueToMatch": {"int": number}})
}

/// A flag of `evaluation.feature` that the file does not contain.
fn context_aware() -> Json {
    let variants = json!({"internal": "INTERNAL", "external": "EXTERNAL"});
    let conditions = ["fn == 'Sulisław'", "ln == 'Świętopełk'", "age > 28", "!customer"];
    let criteria = conditions.map(criterion);
    let value = |name| value(variants.as_object().unwrap(), name);
    let rules = json!([{"criteria": criteria, "value": value("internal")}, {"value": value("external")}]);
    flag_config("context-aware", &rules)
}
