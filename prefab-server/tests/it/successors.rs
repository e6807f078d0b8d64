//! The SDKs of Reforge and Quonfig, unmodified, against this server.
//!
//! Their Python SDKs are in the folder of `PREFAB_OFFICIAL_CLIENTS`, each in an environment of its own: `reforge` with
//! `sdk-reforge`, and `quonfig` with `quonfig`. `tests/official/install.sh` creates both. The packages for Node,
//! `@reforge-com/node` and `@quonfig/node`, cannot be installed by these names, so they are not part of the tests.

use std::{net::SocketAddr, time::Duration};

use prefab_core::ConfigSet;
use prefab_eval::{Contexts, FixedHost, Ruleset, encrypt};
use prefab_server::{KeyKind, Options, serve};
use serde_json::{Value as Json, json};

use crate::{
    common::{TestServer, answer},
    official::{Script, clients},
};

const SECRET_KEY: &str = "e657e0406fc22e17d3145966396b2130d33dcb30ac0edd62a77235cdd01fc49d";

/// An SDK, and what it reports for a wrong key.
struct Sdk {
    folder: &'static str,
    script: &'static str,
    refusal: &'static str,
}

const REFORGE: Sdk =
    Sdk { folder: "reforge", script: "reforge_sdk.py", refusal: "UnauthorizedException True" };
const QUONFIG: Sdk =
    Sdk { folder: "quonfig", script: "quonfig_sdk.py", refusal: "QuonfigInitError unauthorized True" };

impl Sdk {
    /// Starts the script at an address, or reports that the test is skipped.
    fn start(&self, address: SocketAddr, key: &str) -> Option<Script> {
        let python = clients()?.join(self.folder).join("bin/python");
        if !python.exists() {
            prefab_testing::skip(&format!("{} is not installed", self.folder));
            return None;
        }
        Some(Script::start_at(&format!("http://{address}"), key, python, self.script))
    }
}

fn configs() -> Vec<Json> {
    let constant = |key: &str, kind: &str, value: Json| json!({"key": key, "configType": "CONFIG", "valueType": kind, "rows": [{"values": [{"value": value}]}]});
    let is_one_of = |property: &str, texts: &[&str]| json!({"propertyName": property, "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": texts}}});
    let choice = |weight: i32, text: &str| json!({"weight": weight, "value": {"string": text}});
    let secret = encrypt("s3cret", SECRET_KEY, [7; 12]).unwrap();
    vec![
        constant("greeting", "STRING", json!({"string": "hello"})),
        constant("int", "INT", json!({"int": "-3"})),
        constant("huge", "INT", json!({"int": "9007199254740993"})),
        constant("double", "DOUBLE", json!({"double": 1.5})),
        constant("bool", "BOOL", json!({"bool": true})),
        constant("list", "STRING_LIST", json!({"stringList": {"values": ["a", "b"]}})),
        constant("json", "JSON", json!({"json": {"json": "{ \"eur\": [1, \"x\"] }"}})),
        constant("duration", "DURATION", json!({"duration": {"definition": "PT90.5S"}})),
        constant("provided", "INT", json!({"provided": {"source": "ENV_VAR", "lookup": "PREFAB_TEST_PORT"}})),
        constant("secret.key", "STRING", json!({"string": SECRET_KEY, "confidential": true})),
        constant(
            "secret",
            "STRING",
            json!({"string": secret, "decryptWith": "secret.key", "confidential": true}),
        ),
        json!({"key": "log-level.app", "configType": "LOG_LEVEL", "valueType": "LOG_LEVEL", "rows": [{"values": [
            {"criteria": [is_one_of("user.team", &["core"])], "value": {"logLevel": "DEBUG"}},
            {"value": {"logLevel": "WARN"}}]}]}),
        json!({"key": "beta", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
            {"criteria": [is_one_of("user.plan", &["pro"])], "value": {"bool": true}},
            {"value": {"bool": false}}]}]}),
        json!({"key": "acme", "configType": "SEGMENT", "valueType": "BOOL", "rows": [{"values": [
            {"criteria": [{"propertyName": "user.email", "operator": "PROP_ENDS_WITH_ONE_OF",
                           "valueToMatch": {"stringList": {"values": ["@acme.test"]}}}], "value": {"bool": true}},
            {"value": {"bool": false}}]}]}),
        json!({"key": "by-segment", "configType": "CONFIG", "valueType": "STRING", "rows": [{"values": [
            {"criteria": [{"operator": "IN_SEG", "valueToMatch": {"string": "acme"}}], "value": {"string": "inside"}},
            {"value": {"string": "outside"}}]}]}),
        json!({"key": "rollout", "configType": "CONFIG", "valueType": "STRING", "rows": [{"values": [{"value": {
            "weightedValues": {"hashByPropertyName": "user.key", "weightedValues": [
                choice(10, "a"), choice(30, "b"), choice(60, "c")]}}}]}]}),
    ]
}

async fn server() -> TestServer {
    let server = TestServer::new().await;
    for config in configs() {
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    server
}

/// Returns the values that our engine returns for the same users.
fn rollout(set: &ConfigSet) -> Vec<String> {
    let file = prefab_core::datafile::to_json(set).to_string();
    let ruleset = Ruleset::from_datafile(&file).unwrap();
    let value = |number: usize| {
        let user = prefab_core::Context::new("user").with("key", format!("user-{number}"));
        let context = user.into();
        let evaluation = ruleset.evaluate("rollout", &Contexts::of(&context), &FixedHost::default()).unwrap();
        evaluation.display_value()
    };
    (0..100).map(value).collect()
}

async fn follows_the_server(sdk: &Sdk) {
    let server = server().await;
    let key = server.key("Development", KeyKind::Backend);
    let Some(mut script) = sdk.start(server.running.address, &key) else { return };
    assert_eq!(script.read_value("first").await, "hello");
    let values: Json = serde_json::from_str(&script.read_value("values").await).unwrap();
    let expected = json!({
        "int": -3, "huge": 9_007_199_254_740_993_i64, "double": 1.5, "bool": true, "string": "hello", "list": ["a", "b"],
        "json": {"eur": [1, "x"]}, "seconds": 90.5, "provided": 8080, "secret": "s3cret",
        "levels": [["WARN", "ERROR"], ["DEBUG", "INFO", "WARN", "ERROR"]], "rules": [true, false, false],
        "segment": ["inside", "outside"], "absent": "mine",
        "rollout": rollout(&server.configs("/api/v2/configs/0").await),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(values[name], *value, "{name}");
    }
    assert!(script.read_value("greeting").await.starts_with("hello"));
    let open = async || (server.streams().await == 1).then_some(());
    prefab_testing::eventually_some("the stream is open", open).await;
    for (change, seen) in [(Some("changed"), "changed"), (None, "none")] {
        match change {
            Some(value) => drop(server.set("greeting", value).await),
            None => server.delete("greeting").await,
        }
        assert!(script.read_value("greeting").await.starts_with(seen));
    }
    server.create("greeting", "report").await;
    script.read_value("reported").await;
    let counts = async |key: &str| {
        let stats = server.admin("GET", &format!("/api/v1/evaluation-stats/{key}")).send().await.unwrap();
        answer(stats).await.1["environments"]["1"]["counts"].clone()
    };
    let counted = |value: Json, count: u32| json!([{"configValue": value, "count": count}]);
    assert_eq!(counts("list").await, counted(json!({"stringList": {"values": ["a", "b"]}}), 1));
    assert_eq!(counts("int").await, counted(json!({"int": "-3"}), 1));
    let rollout = counts("rollout").await;
    let total: i64 = rollout.as_array().unwrap().iter().filter_map(|count| count["count"].as_i64()).sum();
    assert_eq!(total, 100, "{rollout}");
    assert!(!counts("secret").await.to_string().contains("s3cret"));
    let contexts = server.admin("GET", "/api/manage/v1/projects/1/contexts").send().await.unwrap();
    assert!(answer(contexts).await.1.to_string().contains("user-99"));
    assert_eq!(script.read_value("wrong").await, sdk.refusal);
}

/// The server is down when the SDK starts, and is restarted later.
async fn survives_outages(sdk: &Sdk) {
    let TestServer { running, http: _, dir } = server().await;
    let data = dir.path().join("data");
    let find = |kind| running.keys.iter().find(|key| key.kind == kind && key.environment == "Development");
    let key = find(KeyKind::Backend).unwrap().key.clone();
    let keys = running.keys.clone();
    let address = running.address;
    running.shutdown().await;
    let start = async || {
        let mut options = Options::local(&data);
        (options.listen, options.drain_timeout) = (address, Duration::from_millis(200));
        serve(options).await.unwrap()
    };
    let Some(mut script) = sdk.start(address, &key) else { return };
    tokio::time::sleep(Duration::from_secs(1)).await;
    let running = start().await;
    assert_eq!(script.read_value("first").await, "hello");
    assert!(script.read_value("greeting").await.starts_with("hello"));
    running.shutdown().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut server = TestServer { running: start().await, http: reqwest::Client::new(), dir };
    // A restarted server does not know the text of its keys.
    server.running.keys = keys;
    server.set("greeting", "changed").await;
    assert!(script.read_value("greeting").await.starts_with("changed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reforge_sdk_follows_the_server() {
    follows_the_server(&REFORGE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reforge_sdk_survives_outages() {
    survives_outages(&REFORGE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quonfig_sdk_follows_the_server() {
    follows_the_server(&QUONFIG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quonfig_sdk_survives_outages() {
    survives_outages(&QUONFIG).await;
}
