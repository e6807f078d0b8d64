//! The official OpenFeature clients, unmodified, against this server.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use prefab_server::KeyKind;
use prefab_testing::proxy::{Fault, FaultProxy};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use crate::{
    common::TestServer,
    official::{Script, clients},
    ofrep::{config, server},
};

/// Value, reason, variant and error code.
type Details = (Json, &'static str, &'static str, Json);

/// Adds the remaining kinds of values and keys to the server of the protocol tests.
pub(crate) async fn full_server() -> TestServer {
    let server = server().await;
    let for_clients = json!({"sendToClientSdk": true});
    let halves = json!([{"weight": 1, "value": {"string": "a"}}, {"weight": 0, "value": {"string": "b"}}]);
    let split = json!({"weightedValues": {"hashByPropertyName": "user.key", "weightedValues": halves}});
    for config in [
        config("level", "LOG_LEVEL", &json!({"logLevel": "DEBUG"}), &for_clients),
        config("range", "INT_RANGE", &json!({"intRange": {"start": "1", "end": "5"}}), &for_clients),
        config("split", "STRING", &split, &for_clients),
        config("日本🚩", "BOOL", &json!({"bool": true}), &for_clients),
        config("why?#", "BOOL", &json!({"bool": true}), &for_clients),
        config("null", "JSON", &json!({"json": {"json": "null"}}), &for_clients),
    ] {
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    server
}

/// What the clients for servers return for each case.
fn expected() -> BTreeMap<&'static str, Details> {
    let none = Json::Null;
    BTreeMap::from([
        ("targeted", (json!(true), "TARGETING_MATCH", "true", none.clone())),
        ("others", (json!(false), "DEFAULT", "false", none.clone())),
        ("no context", (json!(false), "DEFAULT", "false", none.clone())),
        ("float", (json!(1.0), "STATIC", "1.0", none.clone())),
        ("huge", (json!(9_007_199_254_740_993_i64), "STATIC", "9007199254740993", none.clone())),
        ("json", (json!({"eur": 1.1}), "STATIC", r#"{"eur": 1.10}"#, none.clone())),
        ("list", (json!(["a", "b"]), "STATIC", "[a, b]", none.clone())),
        ("timeout", (json!("PT1M30S"), "STATIC", "PT1M30S", none.clone())),
        ("level", (json!("DEBUG"), "STATIC", "DEBUG", none.clone())),
        ("range", (json!({"start": 1, "end": 5}), "STATIC", "1..5", none.clone())),
        ("split", (json!("a"), "SPLIT", "a", none.clone())),
        ("unicode", (json!(true), "STATIC", "true", none.clone())),
        ("string", (json!("x"), "STATIC", "x", none)),
        // These clients send neither `?` nor what follows it as a part of the key.
        ("question mark", (json!(true), "ERROR", "", json!("FLAG_NOT_FOUND"))),
        ("long key", (json!(true), "ERROR", "", json!("FLAG_NOT_FOUND"))),
        ("empty key", (json!(true), "ERROR", "", json!("GENERAL"))),
        ("absent", (json!(true), "ERROR", "", json!("FLAG_NOT_FOUND"))),
        ("wrong type", (json!(true), "ERROR", "", json!("TYPE_MISMATCH"))),
        ("provided", (json!("mine"), "ERROR", "", json!("GENERAL"))),
        ("bad context", (json!(true), "ERROR", "", json!("INVALID_CONTEXT"))),
        ("wrong key", (json!(true), "ERROR", "", json!("GENERAL"))),
    ])
}

/// What the client for browsers returns. It has loaded all flags.
fn expected_in_browsers() -> BTreeMap<&'static str, Details> {
    let mut expected = expected();
    expected.extend([
        ("question mark", (json!(true), "STATIC", "true", Json::Null)),
        ("empty key", (json!(true), "ERROR", "", json!("FLAG_NOT_FOUND"))),
        // The values of the previous context remain.
        ("bad context", (json!(true), "TARGETING_MATCH", "true", Json::Null)),
        ("wrong key", (json!(true), "ERROR", "", json!("PROVIDER_FATAL"))),
    ]);
    expected
}

async fn check(mut script: Script, mut expected: BTreeMap<&'static str, Details>) {
    // JavaScript has doubles only.
    let rounded = json!(9_007_199_254_740_992_i64);
    // Some clients report an error if there is no value. All return the default of the caller.
    let mut without_value =
        BTreeMap::from([("no rule matches", json!(true)), ("null", json!({"default": true}))]);
    for _ in 0..expected.len() + without_value.len() {
        let details: Json = serde_json::from_str(&script.read_value("flag ").await).unwrap();
        let name = details["name"].as_str().unwrap();
        if let Some(default) = without_value.remove(name) {
            assert_eq!(details["value"], default, "{details}");
            continue;
        }
        let (value, reason, variant, error) = expected.remove(name).unwrap();
        let is_same = match (details["value"].as_f64(), value.as_f64()) {
            (Some(left), Some(right)) => left.to_bits() == right.to_bits(),
            _ => details["value"] == value,
        };
        assert!(is_same || (name == "huge" && details["value"] == rounded), "{details}");
        assert_eq!((&details["reason"], &details["error"]), (&json!(reason), &error), "{details}");
        assert_eq!(details["variant"].as_str().unwrap_or_default(), variant, "{details}");
    }
    assert!(expected.is_empty() && without_value.is_empty(), "{expected:?} {without_value:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_provider_evaluates_every_kind_of_flag() {
    let Some(clients) = clients() else { return };
    let server = full_server().await;
    let script = Script::start(&server, clients.join("py/bin/python"), "ofrep.py", KeyKind::Backend);
    check(script, expected()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_provider_evaluates_every_kind_of_flag() {
    let Some(_) = clients() else { return };
    let server = full_server().await;
    check(Script::start(&server, "node".into(), "ofrep.mjs", KeyKind::Backend), expected()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_web_provider_evaluates_every_kind_of_flag() {
    let Some(_) = clients() else { return };
    let server = full_server().await;
    let script = Script::start(&server, "node".into(), "ofrep-web-values.mjs", KeyKind::Backend);
    check(script, expected_in_browsers()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_web_provider_sees_a_change_within_a_second() {
    let Some(_) = clients() else { return };
    let server = server().await;
    let mut script = Script::start(&server, "node".into(), "ofrep-web.mjs", KeyKind::Frontend);
    assert_eq!(script.read_value("first").await, "1");
    assert_eq!(script.read_value("flag").await, "true");
    let stream = async || (server.metric("prefab_ofrep_streams").await == 1).then_some(());
    prefab_testing::eventually_some("the stream is open", stream).await;
    for value in 2..=6 {
        let started = Instant::now();
        let change = json!({"configKey": "float", "value": {"double": f64::from(value)}});
        assert_eq!(server.post("/api/v1/config/set-default/", change).await.0, 200);
        while script.read_value("changed").await != value.to_string() {}
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    }
    script.write("opened\n").await;
    assert_eq!(script.read_value("opened").await, "1 1", "one URL, opened once");
}

#[test]
fn the_web_provider_recovers_from_an_outage() {
    let Some(_) = clients() else { return };
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(server());
    let mut proxy = FaultProxy::start(&runtime, server.running.address);
    let key = server.key("Development", KeyKind::Frontend);
    let mut script =
        runtime.block_on(async { Script::start_at(&proxy.url(), &key, "node".into(), "ofrep-web.mjs") });
    runtime.block_on(async {
        assert_eq!(script.read_value("first").await, "1");
        let stream = async || (server.metric("prefab_ofrep_streams").await == 1).then_some(());
        prefab_testing::eventually_some("the stream is open", stream).await;
    });
    proxy.set(&runtime, &Fault::Refusing);
    runtime.block_on(async {
        let change = json!({"configKey": "float", "value": {"double": 7.0}});
        assert_eq!(server.post("/api/v1/config/set-default/", change).await.0, 200);
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    proxy.set(&runtime, &Fault::None);
    // The stream asked the client to reconnect after 1 to 5 s.
    runtime.block_on(async { while script.read_value("changed").await != "7" {} });
}
