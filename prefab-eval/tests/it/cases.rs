//! The cases in `cases/`: one file per theme, as data that other languages can run too.
#![allow(clippy::disallowed_methods, reason = "a test that reads its cases from files")]

use std::{collections::BTreeSet, fs, path::Path};

use prefab_core::{ContextSet, Entry, Layer, LogLevel, Provenance, datafile};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};
use serde_json::{Value as Json, json};

const FIELDS: [&str; 14] = [
    "name",
    "key",
    "logger",
    "config",
    "contexts",
    "bound",
    "scope",
    "global",
    "api",
    "env",
    "namespace",
    "now",
    "random",
    "env_vars",
];
const EXPECTED: [&str; 11] =
    ["value", "error", "level", "reason", "row", "rule", "choice", "matched", "shown", "variant", "kind"];

#[test]
fn every_case_has_its_expected_result() {
    let (mut checked, mut failures) = (0, Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("a readable file");
        let file: Json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let theme = path.file_stem().unwrap_or_default().display();
        let (mut cases, mut names) = (list(&file["cases"]).to_vec(), BTreeSet::new());
        cases.extend(list(&file["operators"]).iter().flat_map(spelled_out));
        for case in &cases {
            checked += 1;
            if !names.insert(case["name"].to_string()) {
                failures.push(format!("{theme}: two cases are named {}", case["name"]));
            }
            if let Err(failure) = check(&file["configs"], case) {
                failures.push(format!("{theme}: {}: {failure}", case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {checked} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 300, "only {checked} cases were found");
}

fn check(configs: &Json, case: &Json) -> Result<(), String> {
    known(case, &FIELDS, "expect")?;
    known(&case["expect"], &EXPECTED, "")?;
    if EXPECTED[..3].iter().all(|outcome| case["expect"].get(outcome).is_none()) {
        return Err("neither a value nor an error nor a level is expected".to_owned());
    }
    let mut configs = list(configs).to_vec();
    let own = case.get("config").map(|config| {
        let mut config = config.clone();
        config["id"] = json!("1000");
        config.as_object_mut().expect("a config is an object").entry("key").or_insert_with(|| "case".into());
        config
    });
    configs.extend(own.clone());
    let ruleset = ruleset(&configs, case)?;

    let level = |name: &str| contexts(&case[name]);
    let (call, bound, scope, global) =
        (level("contexts")?, level("bound")?, level("scope")?, level("global")?);
    let contexts = Contexts { call: &call, bound: &bound, scope: &scope, global: &global };
    let mut host = FixedHost::default()
        .with_now_millis(case["now"].as_i64().unwrap_or_default())
        .with_random(case["random"].as_f64().unwrap_or_default());
    for (name, value) in case["env_vars"].as_object().into_iter().flatten() {
        host = host.with_env_var(name, value.as_str().ok_or("an environment variable is a text")?);
    }

    let expected = &case["expect"];
    if let Some(logger) = case["logger"].as_str() {
        let level = ruleset.log_level(logger, &contexts, &host).map(LogLevel::name);
        return same(&json!({ "level": level }), expected);
    }
    let key = case.get("key").or(own.as_ref().map(|config| &config["key"])).and_then(Json::as_str);
    let key = key.ok_or("neither a key nor a config")?;
    let answer = ruleset.evaluate(key, &contexts, &host);
    let got = match &answer {
        Ok(answer) => json!({
            "value": answer.value.to_json(),
            "kind": answer.value.kind(),
            "reason": answer.reason.name(),
            "row": answer.config_row_index,
            "rule": answer.conditional_value_index,
            "choice": answer.weighted_value_index,
            "matched": answer.match_label(),
            "shown": answer.display_value(),
            "variant": answer.variant(),
        }),
        Err(error) => json!({ "error": error.code() }),
    };
    let explained = ruleset.explain(key, &contexts, &host);
    let alike = match (&answer, &explained.outcome) {
        (Ok(left), Ok(right)) => left.value == right.value && left.reason == right.reason,
        (Err(left), Err(right)) => left == right,
        _ => false,
    };
    if !alike {
        return Err(format!("explain returned another result: {explained}"));
    }
    same(&got, expected).map_err(|failure| format!("{failure}\n{explained}"))
}

fn ruleset(configs: &[Json], case: &Json) -> Result<Ruleset, String> {
    let parsed = datafile::from_json(&json!({ "configs": configs })).map_err(|error| error.to_string())?;
    if let Some(finding) = parsed.findings.first() {
        return Err(finding.to_string());
    }
    let provenance = std::sync::Arc::new(Provenance::new(Layer::Remote, "cases"));
    let entries = parsed.set.configs.into_iter().map(|config| Entry::new(config, provenance.clone()));
    let options = Options {
        project_env_id: case["env"].as_i64().unwrap_or_default(),
        default_context: contexts(&case["api"])?,
        namespace: case["namespace"].as_str().map(ToOwned::to_owned),
        ..Options::default()
    };
    Ok(Ruleset::build(entries, options))
}

/// Expands an entry of `operators` into one case per property.
fn spelled_out(entry: &Json) -> Vec<Json> {
    let value = match &entry["value"] {
        Json::Array(list) => json!({"stringList": {"values": list}}),
        other => other.clone(),
    };
    let case = |operator: &Json, property: Option<&Json>, matches: bool| {
        let criterion = json!({"propertyName": "user.x", "operator": operator, "valueToMatch": value});
        let user = property.map_or_else(|| json!({}), |property| json!({ "x": property }));
        let property = property.map_or_else(|| "absent".to_owned(), Json::to_string);
        json!({
            "name": format!("{} of {} for {property}", operator.as_str().unwrap_or_default(), entry["value"]),
            "config": {"rows": [{"values": [
                {"criteria": [criterion], "value": {"bool": true}},
                {"value": {"bool": false}}
            ]}]},
            "contexts": {"user": user},
            "expect": {"value": matches},
        })
    };
    let matching = list(&entry["matches"]).iter().map(|property| (Some(property), true));
    let failing = list(&entry["fails"]).iter().map(|property| (Some(property), false));
    let absent = [(None, entry["absent"].as_bool().expect("`absent` is set"))];
    let mut cases = Vec::new();
    for (property, matches) in matching.chain(failing).chain(absent) {
        cases.push(case(&entry["operator"], property, matches));
        if let Some(negated) = entry.get("negated") {
            cases.push(case(negated, property, !matches));
        }
    }
    cases
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

/// Panics on an unknown field, which is probably misspelt.
fn known(json: &Json, fields: &[&str], also: &str) -> Result<(), String> {
    let object = json.as_object().ok_or("not an object")?;
    let unknown = object.keys().find(|field| !fields.contains(&field.as_str()) && *field != also);
    unknown.map_or(Ok(()), |field| Err(format!("unknown field `{field}`")))
}

fn contexts(json: &Json) -> Result<ContextSet, String> {
    if json.is_null() {
        return Ok(ContextSet::new());
    }
    ContextSet::from_json(json).map_err(|error| error.to_string())
}

fn same(got: &Json, expected: &Json) -> Result<(), String> {
    for (field, expected) in expected.as_object().into_iter().flatten() {
        let got = &got[field];
        if got != expected {
            return Err(format!("{field} is {got}, not {expected}"));
        }
    }
    Ok(())
}
