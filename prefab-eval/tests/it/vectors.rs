//! The shared evaluation vectors: configs, contexts, the result and its indexes.
//!
//! `PREFAB_CONFORMANCE_DIR` is the directory of the vectors. Without it the test is skipped.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that reads its cases from outside"
)]

use std::{env, fs, path::PathBuf};

use prefab_core::{Context, ContextSet, ContextValue, LogLevel, datafile};
use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Ruleset};
use serde_json::{Value as Json, json};

#[test]
fn every_vector_has_its_expected_result() {
    let Some(dir) = env::var_os("PREFAB_CONFORMANCE_DIR") else {
        return prefab_testing::skip("PREFAB_CONFORMANCE_DIR is not set");
    };
    let text = fs::read_to_string(PathBuf::from(dir).join("vectors.json")).expect("vectors.json is readable");
    // One SDK wrote a bare `NaN`, which is not JSON.
    let text = text.replace("      NaN\n", "      null\n");
    let file: Json = serde_json::from_str(&text).expect("vectors.json is JSON");
    let all = ["agreed", "disputed"].into_iter().flat_map(|part| file[part].as_array().unwrap());
    let (mut checked, mut failures) = (0, Vec::new());
    for vector in all.filter(|vector| vector["regex_dialect"] != true) {
        checked += 1;
        if let Err(failure) = check(vector) {
            failures.push(format!("{}: {failure}", vector["name"]));
        }
    }
    println!("{checked} vectors checked");
    assert!(failures.is_empty(), "{} of {checked} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 1200, "only {checked} vectors were found");
}

fn check(vector: &Json) -> Result<(), String> {
    let set = json!({
        "configs": vector["configs"],
        "configServicePointer": {"projectId": "1", "projectEnvId": vector["project_env_id"]},
        "defaultContext": default_context(&vector["default_context"]),
    });
    let parsed = datafile::from_json(&set).map_err(|error| error.to_string())?;
    if let Some(finding) = parsed.findings.first() {
        return Err(finding.to_string());
    }
    let ruleset = Ruleset::from_datafile(&set.to_string()).map_err(|error| error.to_string())?;
    let level = |name: &str| contexts(&vector["contexts"][name]);
    let (call, scope, global) = (level("local"), level("block"), level("global"));
    let stack = Contexts { scope: &scope, global: &global, ..Contexts::of(&call) };
    let mut host = FixedHost::default().with_now_millis(1_764_000_000_000);
    for (name, value) in vector["env"].as_object().into_iter().flatten() {
        if let Some(value) = value.as_str() {
            host = host.with_env_var(name, value);
        }
    }
    let key = vector["key"].as_str().unwrap();
    let expected = vector.get("recommended").unwrap_or(&vector["expected"]);
    if vector["op"] == "sample" {
        return sample(&ruleset, key, &stack, &expected["value"]["random_any_of"]);
    }
    if vector["op"] == "loglevel" {
        let level = ruleset.log_level(key, &stack, &host).unwrap_or(LogLevel::Warn);
        return same(&json!({"value": {"log_level": level.name()}}), expected);
    }

    let answer = ruleset.evaluate(key, &stack, &host);
    let explained = ruleset.explain(key, &stack, &host);
    match (&answer, &explained.outcome) {
        (Ok(left), Ok(right))
            if left.value.to_string() == right.value.to_string() && left.reason == right.reason => {}
        (Err(left), Err(right)) if left == right => {}
        _ => return Err(format!("explain returned another result: {explained}")),
    }
    let got = match &answer {
        Ok(answer) if vector["op"] == "enabled" => {
            json!({"value": {"bool": answer.value == EvaluatedValue::Bool(true)}})
        }
        Ok(answer) => match typed(&answer.value) {
            Some(value) => json!({ "value": value }),
            None => json!({"error": "unsupported_value_type"}),
        },
        Err(error) if error.is_missing_value() && vector["op"] == "enabled" => {
            json!({"value": {"bool": false}})
        }
        Err(error) if error.is_missing_value() && vector.get("default").is_some() => {
            return same(&json!({ "value": vector["default"] }), expected);
        }
        Err(error) => json!({ "error": error.code() }),
    };
    same(&got, expected)?;

    let indices = [&vector["recommended_indices"], &vector["indices"]["recommended"], &vector["indices"]];
    let indices = indices.into_iter().find(|indices| indices.get("config_row_index").is_some());
    if let (Some(indices), Ok(answer)) = (indices, &answer) {
        let got = json!({
            "config_row_index": answer.config_row_index,
            "conditional_value_index": answer.conditional_value_index,
            "weighted_value_index": answer.weighted_value_index,
        });
        if *indices != got {
            return Err(format!("indices {got}, not {indices}"));
        }
    }
    Ok(())
}

fn same(got: &Json, expected: &Json) -> Result<(), String> {
    let error = |json: &Json| json["error"].as_str().map(ToOwned::to_owned);
    let equal = match (error(got), error(expected)) {
        (Some(got), Some(expected)) => got == expected,
        (None, None) => equal(&got["value"], &expected["value"]),
        _ => false,
    };
    if equal { Ok(()) } else { Err(format!("got {got}, not {expected}")) }
}

/// Doubles compare by value, everything else exactly.
fn equal(left: &Json, right: &Json) -> bool {
    for kind in ["double", "duration_ms"] {
        if let (Some(left), Some(right)) = (left[kind].as_f64(), right[kind].as_f64()) {
            return (left - right).abs() <= f64::EPSILON * left.abs();
        }
    }
    left == right
}

fn sample(ruleset: &Ruleset, key: &str, stack: &Contexts<'_>, wanted: &Json) -> Result<(), String> {
    let mut seen: Vec<Json> = Vec::new();
    for at in 0..200 {
        let host = FixedHost::default().with_random(f64::from(at) / 200.0);
        let answer = ruleset.evaluate(key, stack, &host).map_err(|error| error.to_string())?;
        let value = typed(&answer.value).ok_or("no plain value")?;
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    let wanted = wanted.as_array().ok_or("no list of values")?;
    let complete = wanted.len() == seen.len() && wanted.iter().all(|value| seen.contains(value));
    if complete { Ok(()) } else { Err(format!("saw {seen:?}, not {wanted:?}")) }
}

fn typed(value: &EvaluatedValue<'_>) -> Option<Json> {
    let json = value.to_json()?;
    Some(match value {
        EvaluatedValue::Int(int) => json!({"int": int.to_string()}),
        EvaluatedValue::Double(double) if !double.is_finite() => json!({ "double": value.to_string() }),
        EvaluatedValue::Double(_) => json!({ "double": json }),
        EvaluatedValue::Bool(_) => json!({ "bool": json }),
        EvaluatedValue::String(_) => json!({ "string": json }),
        EvaluatedValue::StringList(_) => json!({ "string_list": json }),
        EvaluatedValue::LogLevel(_) => json!({ "log_level": json }),
        EvaluatedValue::Duration(_) => json!({ "duration_ms": json }),
        _ => json!({ "json": json }),
    })
}

fn default_context(json: &Json) -> Json {
    let contexts: Vec<Json> = json
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, values)| json!({"type": name, "values": values}))
        .collect();
    if json.get("contexts").is_some() { json.clone() } else { json!({ "contexts": contexts }) }
}

fn contexts(json: &Json) -> ContextSet {
    let mut set = ContextSet::new();
    for (name, properties) in json.as_object().into_iter().flatten() {
        let mut context = Context::new(name.clone());
        for (property, value) in properties.as_object().unwrap() {
            context.set(property.clone(), property_value(value));
        }
        set.set(context);
    }
    set
}

fn property_value(json: &Json) -> ContextValue {
    let (kind, value) = json.as_object().and_then(|object| object.iter().next()).unwrap();
    match kind.as_str() {
        "int" => value.as_str().unwrap().parse::<i64>().unwrap().into(),
        "double" => value.as_f64().unwrap().into(),
        "bool" => value.as_bool().unwrap().into(),
        "stringList" => {
            let list = value["values"].as_array().into_iter().flatten();
            ContextValue::StringList(list.map(|text| text.as_str().unwrap().to_owned()).collect())
        }
        "null" => ContextValue::Null,
        _ => value.as_str().unwrap().into(),
    }
}
