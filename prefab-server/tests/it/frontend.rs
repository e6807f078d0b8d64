//! Evaluation and telemetry of web pages.

use crate::common::{TestServer, answer};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_server::KeyKind;
use prefab_testing::eventually_some;
use serde_json::{Value as Json, json};

async fn server() -> TestServer {
    let server = TestServer::new().await;
    for config in [
        json!({"key": "beta", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
            {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"stringList": {"values": ["pro/?+"]}}}], "value": {"bool": true}},
            {"value": {"bool": false}}]}]}),
        json!({"key": "list", "configType": "CONFIG", "valueType": "STRING_LIST", "sendToClientSdk": true,
               "rows": [{"values": [{"value": {"stringList": {"values": ["a", "b"]}}}]}]}),
        json!({"key": "server-only", "configType": "CONFIG", "valueType": "STRING",
               "rows": [{"values": [{"value": {"string": "x"}}]}]}),
        json!({"key": "secret", "configType": "CONFIG", "valueType": "STRING", "sendToClientSdk": true,
               "rows": [{"values": [{"value": {"string": "x", "confidential": true}}]}]}),
    ] {
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    server
}

fn path(version: &str, plan: &str) -> String {
    let contexts =
        json!({"contexts": [{"type": "user", "values": {"plan": {"string": plan}, "ü": {"bool": true}}}]});
    let encoded = BASE64_STANDARD.encode(contexts.to_string());
    let encoded = encoded.replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    format!("/api/{version}/configs/eval-with-context/{encoded}?collectContextMode=SHAPE_ONLY")
}

async fn ask(server: &TestServer, path: &str) -> Json {
    let key = server.key("Development", KeyKind::Frontend);
    let response = server.http.get(server.url(path)).basic_auth("u", Some(key)).send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let (status, json) = answer(response).await;
    assert_eq!(status, 200, "{json}");
    json
}

#[tokio::test]
async fn a_front_end_receives_only_values_for_its_context() {
    let server = server().await;
    let json = ask(&server, &path("v2", "pro/?+")).await;
    let values = json["evaluations"].as_object().unwrap();
    assert_eq!(values.keys().collect::<Vec<_>>(), ["beta", "list"]);
    assert_eq!(values["beta"]["value"], json!({"bool": true}));
    assert_eq!(values["list"]["value"], json!({"stringList": ["a", "b"]}));
    let metadata = &values["beta"]["configEvaluationMetadata"];
    assert_eq!(metadata["conditionalValueIndex"], "0");
    assert_eq!(metadata["type"], "FEATURE_FLAG");
    assert!(json["apikeyMetadata"]["id"].is_string());
    assert_eq!(
        ask(&server, &path("v2", "free")).await["evaluations"]["beta"]["value"],
        json!({"bool": false})
    );
}

#[tokio::test]
async fn older_browser_sdks_receive_their_format() {
    let server = server().await;
    let json = ask(&server, &path("v1", "pro/?+")).await;
    assert_eq!(json["values"]["beta"]["bool"], true);
    assert_eq!(json["values"]["list"]["stringList"], json!({"values": ["a", "b"]}));
    let identity = BASE64_STANDARD.encode(r#"{"lookup":"u-1","attributes":{}}"#);
    let json = ask(&server, &format!("/api/v1/configs/eval/{identity}")).await;
    assert_eq!(json["values"]["beta"]["bool"], false);
    let key = BASE64_STANDARD.encode(server.key("Development", KeyKind::Frontend)).replace('=', "%3D");
    let response =
        server.http.get(server.url(&format!("/api/v1/configs/eval/{key}/{identity}"))).send().await;
    assert_eq!(answer(response.unwrap()).await.1["values"]["beta"]["bool"], false);
}

#[tokio::test]
async fn preflights_are_answered() {
    let server = TestServer::new().await;
    for path in [path("v2", "a"), path("v1", "a"), "/api/v1/telemetry".to_owned()] {
        let request = server.http.request(reqwest::Method::OPTIONS, server.url(&path));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("authorization") && allowed.contains("x-prefabcloud-client-version"));
    }
    // Cross-origin access is limited to the paths of front-end SDKs.
    for path in
        ["/api/v1/configs/0", "/api/manage/v1/projects/1/items/telemetry", "/api/v1/config/key/telemetry"]
    {
        let response = server.get(path).send().await.unwrap();
        assert!(response.headers().get("access-control-allow-origin").is_none(), "{path}");
    }
}

#[tokio::test]
async fn contexts_that_cannot_be_read_are_refused_with_the_cause() {
    let server = TestServer::new().await;
    let key = server.key("Development", KeyKind::Frontend);
    let url = server.url("/api/v2/configs/eval-with-context/@@@");
    let (status, json) = answer(server.http.get(url).basic_auth("u", Some(key)).send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(json["_embedded"]["errors"][0]["message"].as_str().unwrap().contains("base64"), "{json}");
}

/// Sends a request with these headers, like a front-end SDK of Development.
async fn ask_with(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let key = server.key("Development", KeyKind::Frontend);
    let request = server.http.get(server.url(path)).basic_auth("u", Some(key));
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

async fn etag(server: &TestServer, path: &str) -> String {
    ask_with(server, path, &[]).await.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_evaluation_is_not_sent_again_until_something_changes() {
    let server = server().await;
    let pro = path("v2", "pro/?+");
    let tag = etag(&server, &pro).await;
    assert_ne!(tag, etag(&server, &path("v2", "free")).await, "other contexts");
    assert_ne!(tag, etag(&server, &path("v1", "pro/?+")).await, "another form");
    let listed = format!("\"x\", {}", tag.trim_start_matches("W/"));
    for known in [&tag, &listed] {
        let again = ask_with(&server, &pro, &[("if-none-match", known)]).await;
        assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, &*tag));
        let exposed = again.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
        assert!(exposed.contains("etag"), "{exposed}");
    }
    server.create("another", "v").await;
    let changed = ask_with(&server, &pro, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], *tag);
}

#[tokio::test]
async fn evaluations_are_compressed_for_clients_that_accept_it() {
    let server = server().await;
    for number in 0..20 {
        let flag = json!({"key": format!("flag-{number}"), "configType": "FEATURE_FLAG", "valueType": "BOOL",
                          "rows": [{"values": [{"value": {"bool": true}}]}]});
        assert_eq!(server.post("/api/v1/config/", flag).await.0, 200);
    }
    let path = path("v2", "a");
    let packed = ask_with(&server, &path, &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let mut unpacked = String::new();
    let packed = packed.bytes().await.unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*packed), &mut unpacked).unwrap();
    for refused in ["", "gzip;q=0", "identity, gzip;q=0.0"] {
        let plain = ask_with(&server, &path, &[("accept-encoding", refused)]).await;
        assert!(plain.headers().get("content-encoding").is_none(), "{refused}");
        assert_eq!(plain.text().await.unwrap(), unpacked);
    }
}

#[tokio::test]
async fn uncached_evaluations_are_limited_per_key() {
    let limits = prefab_server::Limits { evaluations_per_second: 5, ..prefab_server::Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut refused = None;
    for number in 0..100 {
        let response = ask_with(&server, &path("v2", &number.to_string()), &[]).await;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("a bound");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert!(refused.headers()["access-control-expose-headers"].to_str().unwrap().contains("retry-after"));
    for _ in 0..20 {
        assert_eq!(ask_with(&server, &path("v2", "0"), &[]).await.status(), 200, "cached answers have none");
    }
}

#[tokio::test]
async fn time_and_chance_dependent_evaluations_are_not_cached() {
    let server = TestServer::new().await;
    let soon =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() + 2_500;
    let timed = json!({"key": "timed", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
        {"criteria": [{"propertyName": "prefab.current-time", "operator": "IN_INT_RANGE",
                       "valueToMatch": {"intRange": {"start": soon.to_string()}}}], "value": {"bool": true}},
        {"value": {"bool": false}}]}]});
    assert_eq!(server.post("/api/v1/config/", timed).await.0, 200);
    let path = path("v2", "a");
    let tag = etag(&server, &path).await;
    let first = ask(&server, &path).await;
    assert_eq!(first["evaluations"]["timed"]["value"], json!({"bool": false}));
    eventually_some("the value changes", async || {
        (ask(&server, &path).await["evaluations"]["timed"]["value"] != json!({"bool": false})).then_some(())
    })
    .await;
    assert_eq!(ask_with(&server, &path, &[("if-none-match", &tag)]).await.status(), 200);

    let chance = json!({"key": "chance", "configType": "FEATURE_FLAG", "valueType": "INT", "rows": [{"values": [
        {"value": {"weightedValues": {"weightedValues": [{"weight": 1, "value": {"int": 1}},
                                                         {"weight": 1, "value": {"int": 2}}]}}}]}]});
    assert_eq!(server.post("/api/v1/config/", chance).await.0, 200);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        seen.insert(ask(&server, &path).await["evaluations"]["chance"]["value"]["int"].as_i64());
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}
