//! The datafile that the official tool downloads gives the same values in the official SDKs and in the SDK of this project.
//!
//! `PREFAB_OFFICIAL_CLIENTS` is as in `official.rs`.

use std::{path::PathBuf, process::Stdio};

use crate::common::TestServer;
use prefab_core::{ContextSet, LayeredStore, Update, datafile};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};
use serde_json::{Value as Json, json};
use tokio::{io::AsyncWriteExt as _, process::Command};

fn rule(value: &Json, criteria: &[(&str, &str, Json)]) -> Json {
    let criteria: Vec<Json> = criteria
        .iter()
        .map(|(property, operator, value)| {
            json!({"propertyName": property, "operator": operator, "valueToMatch": value})
        })
        .collect();
    json!({"criteria": criteria, "value": value})
}

fn configs() -> Vec<Json> {
    let list = |values: &[&str]| json!({"stringList": {"values": values}});
    let config = |key: &str, kind: &str, value_type: &str, rows: Json| json!({"key": key, "configType": kind, "valueType": value_type, "rows": rows});
    let on = json!({"bool": true});
    let off = json!({"bool": false});
    let weighted = json!({"weightedValues": {"hashByPropertyName": "user.key", "weightedValues": [
        {"weight": 300, "value": {"string": "a"}}, {"weight": 300, "value": {"string": "b"}},
        {"weight": 400, "value": {"string": "c"}}]}});
    vec![
        config(
            "inner",
            "SEGMENT",
            "BOOL",
            json!([{"values": [
            rule(&on, &[("user.email", "PROP_ENDS_WITH_ONE_OF", list(&["@acme.test"]))]), rule(&off, &[])]}]),
        ),
        config(
            "segmented",
            "FEATURE_FLAG",
            "BOOL",
            json!([{"values": [
            rule(&on, &[("", "IN_SEG", json!({"string": "inner"}))]), rule(&off, &[])]}]),
        ),
        config("split", "FEATURE_FLAG", "STRING", json!([{"values": [rule(&weighted, &[])]}])),
        config(
            "limit",
            "CONFIG",
            "INT",
            json!([{"values": [rule(&json!({"int": "10"}), &[])]},
            {"projectEnvId": "3", "values": [
                rule(&json!({"int": "99"}), &[("user.age", "PROP_GREATER_THAN", json!({"int": "30"}))]),
                rule(&json!({"int": "20"}), &[])]}]),
        ),
        config(
            "only-elsewhere",
            "CONFIG",
            "STRING",
            json!([{"projectEnvId": "1", "values": [rule(&json!({"string": "x"}), &[])]}]),
        ),
        config(
            "text",
            "CONFIG",
            "STRING",
            json!([{"values": [
            rule(&json!({"string": "pro"}), &[("user.plan", "PROP_IS_ONE_OF", list(&["pro", "team"]))]),
            rule(&json!({"string": "not acme"}), &[("user.email", "PROP_DOES_NOT_END_WITH_ONE_OF", list(&["acme.test"]))]),
            rule(&json!({"string": "rest"}), &[])]}]),
        ),
        config("ratio", "CONFIG", "DOUBLE", json!([{"values": [rule(&json!({"double": 0.25}), &[])]}])),
        config("names", "CONFIG", "STRING_LIST", json!([{"values": [rule(&list(&["a", "b"]), &[])]}])),
        config(
            "limits",
            "CONFIG",
            "JSON",
            json!([{"values": [rule(&json!({"json": {"json": "{\"max\": [1, 2]}"}}), &[])]}]),
        ),
    ]
}

/// Evaluates with the engine of this project. Missing values are written like in the scripts.
fn ours(text: &str, question: &Json) -> Json {
    let set = datafile::parse(text).unwrap().set;
    let mut store = LayeredStore::default();
    store.apply(Update::Snapshot { set: set.into(), source: "datafile".into() });
    let rules = Ruleset::from_store(&store, &Options::default());
    let keys = question["keys"].as_array().unwrap();
    let answers = question["contexts"].as_array().unwrap().iter().map(|context| {
        let contexts = ContextSet::from_json(context).unwrap();
        let answer = |key: &Json| {
            let answer =
                rules.evaluate(key.as_str().unwrap(), &Contexts::of(&contexts), &FixedHost::default());
            answer.map_or_else(|_| "none".into(), |answer| answer.value.to_json().unwrap())
        };
        Json::Array(keys.iter().map(answer).collect())
    });
    Json::Array(answers.collect())
}

async fn theirs(program: PathBuf, script: &str, file: &str, question: &Json) -> Json {
    let mut process = Command::new(program)
        .arg(format!("{}/tests/official/{script}", env!("CARGO_MANIFEST_DIR")))
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(question.to_string().as_bytes()).await.unwrap();
    drop(input);
    let output = process.wait_with_output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let answers = text.lines().find_map(|line| line.strip_prefix("answers "));
    serde_json::from_str(answers.unwrap_or_else(|| panic!("{script} text {text}"))).unwrap()
}

#[tokio::test]
async fn a_downloaded_datafile_gives_the_same_values_in_every_client() {
    let Some(folder) = std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from) else {
        return prefab_testing::skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    let server = TestServer::new().await;
    for config in configs() {
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    let response = server.admin("GET", "/api/v1/configs/download?envId=3").send().await.unwrap();
    let text = response.text().await.unwrap();
    let file = server.dir.path().join("prefab.Production.3.config.json");
    std::fs::write(&file, &text).unwrap();
    let file = file.to_str().unwrap();
    // All contexts have an address, because official clients treat negations of absent properties differently.
    let user = |at| json!({"user": {"key": format!("u-{at}"), "email": format!("u{at}@elsewhere.test")}});
    let mut contexts: Vec<Json> = (0..20).map(user).collect();
    contexts.push(json!({"user": {"key": "u-1", "email": "ann@acme.test", "plan": "pro", "age": 31}}));
    contexts.push(json!({"user": {"key": "u-2", "email": "bob@acme.test", "plan": "free", "age": 30}}));
    contexts.push(json!({"user": {"key": "u-3", "email": "eve@elsewhere.test"}, "device": {"os": "linux"}}));
    let keys = ["segmented", "split", "limit", "only-elsewhere", "text", "ratio", "names", "limits"];
    let question = json!({"keys": keys, "contexts": contexts});
    let ours = ours(&text, &question);
    assert_eq!(ours[20], json!([true, ours[20][1], 99, "none", "pro", 0.25, ["a", "b"], {"max": [1, 2]}]));
    assert_eq!(theirs(folder.join("py/bin/python"), "datafile.py", file, &question).await, ours, "Python");
    assert_eq!(theirs("node".into(), "datafile.mjs", file, &question).await, ours, "Node");
}
