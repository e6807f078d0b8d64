//! What the SDKs of Quonfig request: checkpoints, streams, evaluations and reports.

use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_server::{KeyKind, Limits};
use prefab_testing::eventually_some;
use reqwest::RequestBuilder;
use serde_json::{Value as Json, json};

use crate::common::{Stream, TestServer, answer};

const CONFIGS: &str = "/api/v2/configs";
const STREAM: &str = "/api/v2/sse/config";

/// Adds the header of the SDKs.
fn as_sdk(request: RequestBuilder) -> RequestBuilder {
    request.header("x-quonfig-sdk-version", "python-2.1.0")
}

async fn open(server: &TestServer) -> Stream {
    let mut stream = Stream::open(as_sdk(server.get(STREAM))).await;
    assert_eq!(stream.block().await.unwrap(), ": connected");
    stream
}

/// Returns the id and the document of the next event.
async fn event(stream: &mut Stream) -> (String, Json) {
    let block = stream.block().await.unwrap();
    let (id, data) = block.strip_prefix("id: ").unwrap().split_once("\ndata: ").unwrap();
    (id.to_owned(), serde_json::from_str(data).unwrap())
}

fn keys(document: &Json) -> Vec<&str> {
    document["configs"].as_array().unwrap().iter().map(|config| config["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_checkpoint_is_one_document_with_an_etag() {
    let server = TestServer::new().await;
    let (_, empty) = answer(as_sdk(server.get(CONFIGS)).send().await.unwrap()).await;
    assert_eq!((keys(&empty).len(), &empty["meta"]["environment"]), (0, &json!("1")));
    server.create("a", &"long ".repeat(100)).await;
    let last = server.create("b", "2").await;
    let response = as_sdk(server.get(CONFIGS)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    assert!(response.headers().get("x-prefab-omitted-configs").is_none());
    let etag = response.headers()["etag"].clone();
    let plain = response.bytes().await.unwrap();
    let document: Json = serde_json::from_slice(&plain).unwrap();
    assert_eq!(keys(&document), ["a", "b"]);
    assert_eq!(document["meta"], json!({"version": last.to_string(), "environment": "1"}));
    for encoding in ["gzip", "zstd"] {
        let response = as_sdk(server.get(CONFIGS)).header("accept-encoding", encoding).send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        let etag = response.headers()["etag"].clone();
        assert!(response.bytes().await.unwrap().len() < plain.len() / 2, "{encoding}");
        let again = as_sdk(server.get(CONFIGS)).header("accept-encoding", encoding);
        assert_eq!(again.header("if-none-match", etag).send().await.unwrap().status(), 304);
    }
    let known =
        async || as_sdk(server.get(CONFIGS)).header("if-none-match", &etag).send().await.unwrap().status();
    assert_eq!(known().await, 304);
    server.set("a", "2").await;
    assert_eq!(known().await, 200);
}

#[tokio::test]
async fn what_the_sdks_cannot_read_is_omitted_and_counted() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let range = json!({"key": "range", "configType": "CONFIG", "valueType": "INT_RANGE",
                       "rows": [{"values": [{"value": {"intRange": {"start": "1", "end": "5"}}}]}]});
    assert_eq!(server.post("/api/v1/config/", range).await.0, 200);
    for _ in 0..2 {
        let response = as_sdk(server.get(CONFIGS)).send().await.unwrap();
        assert_eq!(response.headers()["x-prefab-omitted-configs"], "1");
        assert_eq!(keys(&answer(response).await.1), ["a"]);
    }
}

#[tokio::test]
async fn only_keys_of_servers_receive_rules() {
    let server = TestServer::new().await;
    let status = async |path: &str, key: &str| {
        let request = server.http.get(server.url(path)).basic_auth("1", Some(key));
        as_sdk(request).send().await.unwrap().status()
    };
    let keys =
        [KeyKind::Backend, KeyKind::Admin, KeyKind::Frontend].map(|kind| server.key("Development", kind));
    for path in [CONFIGS, STREAM] {
        for (key, expected) in keys.iter().zip([200, 200, 403]) {
            assert_eq!(status(path, key).await, expected, "{path}");
        }
        assert_eq!(status(path, "1-wrong").await, 401);
        let anonymous = as_sdk(server.http.get(server.url(path))).send().await.unwrap();
        assert_eq!(
            (anonymous.status().as_u16(), &anonymous.headers()["cache-control"]),
            (401, &"no-store".parse().unwrap())
        );
    }
    let before = Instant::now();
    assert_eq!(status(STREAM, "1-wrong").await, 401);
    assert!(before.elapsed() > Duration::from_millis(900), "the refusal of a stream is delayed");
}

#[tokio::test]
async fn a_stream_sends_all_configs_after_every_change() {
    let server = TestServer::new().await;
    let first = server.create("a", "1").await;
    let mut stream = open(&server).await;
    let (id, document) = event(&mut stream).await;
    assert_eq!((id, keys(&document)), (first.to_string(), vec!["a"]));
    let second = server.create("b", "1").await;
    let (id, document) = event(&mut stream).await;
    assert_eq!((id, keys(&document)), (second.to_string(), vec!["a", "b"]));
    server.delete("a").await;
    assert_eq!(keys(&event(&mut stream).await.1), ["b"]);

    // A client that has the current version receives the next one only.
    let last = server.set("b", "2").await;
    let known = as_sdk(server.get(STREAM)).header("last-event-id", last);
    let mut known = Stream::open(known).await;
    assert_eq!(known.block().await.unwrap(), ": connected");
    let next = server.set("b", "3").await;
    assert_eq!(event(&mut known).await.0, next.to_string());

    // Without the header, the stream is that of other SDKs.
    let mut other = Stream::open(server.get("/api/v2/sse/config?format=json")).await;
    let json: Json = serde_json::from_str(&other.data().await.unwrap()).unwrap();
    assert_eq!(json["configServicePointer"]["projectEnvId"], "1");
}

#[tokio::test]
async fn a_large_document_arrives_in_one_event() {
    let server = TestServer::new().await;
    for key in ["a", "b", "c"] {
        server.create(key, &"x".repeat(1 << 20)).await;
    }
    let mut stream = open(&server).await;
    assert_eq!(keys(&event(&mut stream).await.1), ["a", "b", "c"]);
    // The SDKs read at most 4 MiB of a stream. They poll while it fails.
    server.create("d", &"x".repeat(1 << 20)).await;
    assert_eq!(stream.block().await, None, "the stream ends");
    let refused = as_sdk(server.get(STREAM)).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("4 MiB"));
    assert_eq!(keys(&answer(as_sdk(server.get(CONFIGS)).send().await.unwrap()).await.1).len(), 4);
    server.delete("d").await;
    let mut stream = open(&server).await;
    assert_eq!(keys(&event(&mut stream).await.1).len(), 3);
}

#[tokio::test]
async fn too_many_streams_fail_so_that_the_sdks_poll() {
    let server = TestServer::limited(Limits { streams_per_key: 1, ..Limits::default() }).await;
    server.create("a", "1").await;
    let kept = open(&server).await;
    assert_eq!(as_sdk(server.get(STREAM)).send().await.unwrap().status(), 429);
    drop(kept);
    // The server notices a moment after the client has gone.
    eventually_some("there is room for a stream", async || {
        (as_sdk(server.get(STREAM)).send().await.unwrap().status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn browsers_receive_plain_values_for_plain_contexts() {
    let server = TestServer::new().await;
    let flag = json!({"key": "beta", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
        {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                       "valueToMatch": {"stringList": {"values": ["pro"]}}}], "value": {"bool": true}},
        {"value": {"bool": false}}]}]});
    assert_eq!(server.post("/api/v1/config/", flag).await.0, 200);
    let request = |contexts: &Json| {
        let encoded = BASE64_STANDARD.encode(contexts.to_string()).replace('=', "%3D");
        let url = server.url(&format!("/api/v2/configs/eval-with-context/{encoded}?collectContextMode=NONE"));
        server.http.get(url).basic_auth("1", Some(server.key("Development", KeyKind::Frontend)))
    };
    let evaluate = async |contexts: Json| {
        let (status, body) = answer(request(&contexts).send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body
    };
    let pro = evaluate(json!({"user": {"plan": "pro"}})).await;
    let beta = &pro["evaluations"]["beta"];
    assert_eq!(beta["value"], json!({"type": "bool", "value": true}));
    assert_eq!((&beta["configType"], &beta["reason"]), (&json!("feature_flag"), &json!("TARGETING_MATCH")));
    assert_eq!(pro["meta"]["environment"], "1");
    assert_eq!(evaluate(json!({})).await["evaluations"]["beta"]["value"]["value"], false);
    let etag = request(&json!({})).send().await.unwrap().headers()["etag"].clone();
    assert_eq!(request(&json!({})).header("if-none-match", etag).send().await.unwrap().status(), 304);
    let typed =
        evaluate(json!({"contexts": [{"type": "user", "values": {"plan": {"string": "pro"}}}]})).await;
    assert_eq!(typed["evaluations"]["beta"]["value"], json!({"bool": true}), "other SDKs are not affected");
    let preflight = server.http.request(reqwest::Method::OPTIONS, server.url("/api/v1/telemetry/"));
    let allowed = preflight.send().await.unwrap().headers()["access-control-allow-headers"].clone();
    assert!(allowed.to_str().unwrap().contains("x-quonfig-sdk-version"), "{allowed:?}");
}

#[tokio::test]
async fn reports_count_lists_and_plain_contexts() {
    let server = TestServer::new().await;
    let list = json!({"key": "names", "configType": "CONFIG", "valueType": "STRING_LIST",
                      "rows": [{"values": [{"value": {"stringList": {"values": ["a", "b"]}}}]}]});
    assert_eq!(server.post("/api/v1/config/", list).await.0, 200);
    let report = json!({"instanceHash": "x", "events": [
        {"summaries": {"start": 1, "end": 2, "summaries": [{"key": "names", "type": "config", "counters": [
            {"configId": "1", "conditionalValueIndex": 0, "configRowIndex": 0, "count": 5, "reason": 1,
             "selectedValue": {"stringList": ["a", "b"]}}]}]}},
        {"contextShapes": {"shapes": [{"name": "user", "fieldTypes": {"key": 2}}]}},
        {"exampleContexts": {"examples": [{"timestamp": 1_790_000_000_000_i64, "contextSet": {"contexts": [
            {"type": "user", "values": {"key": "u-1", "plan": "pro"}}]}}]}}]});
    let request = server
        .http
        .post(server.url("/api/v1/telemetry/"))
        .basic_auth("1", Some(server.key("Development", KeyKind::Backend)));
    let response = as_sdk(request).header("content-type", "application/json").body(report.to_string());
    assert_eq!(response.send().await.unwrap().status(), 200);
    let stats = server.admin("GET", "/api/v1/evaluation-stats/names").send().await.unwrap();
    let counts = &answer(stats).await.1["environments"]["1"]["counts"];
    assert_eq!(*counts, json!([{"configValue": {"stringList": {"values": ["a", "b"]}}, "count": 5}]));
    let contexts = server.admin("GET", "/api/manage/v1/projects/1/contexts").send().await.unwrap();
    let (_, contexts) = answer(contexts).await;
    assert!(contexts.to_string().contains("u-1") && contexts.to_string().contains("pro"), "{contexts}");
}
