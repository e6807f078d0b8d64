//! Reports in every form, and their bounds.

use crate::common::{TestServer, answer};
use prefab_proto::wire::{self, config_value::Type, telemetry_event::Payload};
use prefab_server::{KeyKind, Limits};
use prost::Message as _;
use serde_json::json;

fn summary(key: &str, value: &str) -> wire::TelemetryEvents {
    let value = wire::ConfigValue { r#type: Some(Type::String(value.to_owned())), ..Default::default() };
    let counter =
        wire::ConfigEvaluationCounter { count: 3, selected_value: Some(value), ..Default::default() };
    let summary = wire::ConfigEvaluationSummary { key: key.to_owned(), r#type: 1, counters: vec![counter] };
    let summaries = wire::ConfigEvaluationSummaries { summaries: vec![summary], ..Default::default() };
    let event = wire::TelemetryEvent { payload: Some(Payload::Summaries(summaries)) };
    wire::TelemetryEvents { instance_hash: String::new(), events: vec![event] }
}

async fn post(server: &TestServer, path: &str, kind: &str, body: Vec<u8>) -> reqwest::Response {
    let key = server.key("Development", KeyKind::Backend);
    let request = server.http.post(server.url(path)).basic_auth("1", Some(key)).header("content-type", kind);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn reports_are_counted_without_confidential_values() {
    let server = TestServer::new().await;
    let secret = json!({"key": "secret", "configType": "CONFIG", "valueType": "STRING",
                        "rows": [{"values": [{"value": {"string": "s3cret", "confidential": true}}]}]});
    server.post("/api/v1/config/", secret).await;
    server.create("plain", "x").await;
    let protobuf = "application/x-protobuf";
    for path in ["/api/v1/telemetry", "/api/v1/telemetry/", "/api/v2/telemetry"] {
        let response = post(&server, path, protobuf, summary("plain", "x").encode_to_vec()).await;
        assert_eq!(response.status(), 200, "{path}: Go takes nothing else");
        assert_eq!(response.bytes().await.unwrap(), [8, 1].as_slice());
    }
    // Go reports confidential values in clear.
    post(&server, "/api/v1/telemetry", protobuf, summary("secret", "s3cret").encode_to_vec()).await;
    let stats = async |key: &str| {
        let request = server.admin("GET", &format!("/api/v1/evaluation-stats/{key}"));
        answer(request.send().await.unwrap()).await.1
    };
    let plain = stats("plain").await;
    assert_eq!(plain["total"], 9);
    assert_eq!(plain["environments"]["1"]["counts"][0], json!({"configValue": {"string": "x"}, "count": 9}));
    let counts = &stats("secret").await["environments"]["1"]["counts"];
    assert_eq!(counts[0]["configValue"], json!({"string": "*****33e1b"}));
    assert_eq!(stats("unheard").await.get("environments"), None);
    // A client that runs for a while reports the values of an archived config.
    server.delete("secret").await;
    post(&server, "/api/v1/telemetry", protobuf, summary("secret", "another").encode_to_vec()).await;
    let all = server.admin("GET", "/api/manage/v1/projects/1/evaluations?key=secret").send().await.unwrap();
    let (code, all) = answer(all).await;
    assert!(
        code == 200 && !all.to_string().contains("another") && all.to_string().contains("*****"),
        "{all}"
    );
}

#[tokio::test]
async fn every_older_form_is_accepted() {
    let server = TestServer::new().await;
    let loggers = wire::Loggers {
        loggers: vec![wire::Logger { logger_name: "a.b".to_owned(), ..Default::default() }],
        ..Default::default()
    };
    let shapes = wire::ContextShapes {
        shapes: vec![wire::ContextShape { name: "user".to_owned(), ..Default::default() }],
        namespace: None,
    };
    for (path, body) in [
        ("/api/v1/known-loggers", loggers.encode_to_vec()),
        ("/api/v1/context-shapes", shapes.encode_to_vec()),
        ("/api/v1/evaluated-keys", Vec::new()),
        ("/api/v1/evaluated-configs", Vec::new()),
    ] {
        let response = post(&server, path, "application/x-protobuf", body).await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.bytes().await.unwrap().is_empty());
    }
    let response =
        post(&server, "/api/v1/telemetry", "application/json", b"{\"events\":[{\"new\":1}]}".to_vec()).await;
    assert_eq!(answer(response).await.1, json!({"success": true}));
    let response = post(&server, "/api/v1/telemetry", "application/x-protobuf", b"\xff\xff".to_vec()).await;
    assert_eq!(response.status(), 400);
    let response = server.http.post(server.url("/api/v1/telemetry")).send().await.unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn one_key_cannot_flood_the_server() {
    let limits = Limits { telemetry_bytes_per_minute: 100, body_bytes: 1_000, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let send = async |bytes: usize| {
        post(&server, "/api/v1/evaluated-keys", "application/x-protobuf", vec![0; bytes])
            .await
            .status()
            .as_u16()
    };
    assert_eq!(send(2_000).await, 413);
    assert_eq!(send(90).await, 200);
    assert_eq!(send(90).await, 429);
}

#[tokio::test]
async fn the_server_reports_its_health() {
    let server = TestServer::new().await;
    for path in ["/healthz", "/readyz", "/hello"] {
        assert_eq!(server.http.get(server.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
    server.configs("/api/v1/configs/0").await;
    let text = server.http.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("prefab_checkpoints_total 1"), "{text}");
    assert!(text.contains(r#"prefab_requests_total{method="GET",status="200"}"#), "{text}");
}
