//! The OpenFeature Remote Evaluation Protocol.

use std::time::Duration;

use prefab_server::{KeyKind, Limits};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};

use crate::common::{Stream, TestServer, answer, project};

pub(crate) const FLAGS: &str = "/ofrep/v1/evaluate/flags";

/// Creates a project with an item of each kind.
pub(crate) async fn server() -> TestServer {
    let server = TestServer::new().await;
    seed(&server).await;
    server
}

pub(crate) fn config(key: &str, value_type: &str, value: &Json, fields: &Json) -> Json {
    let mut config = json!({"key": key, "configType": "CONFIG", "valueType": value_type,
        "rows": [{"values": [{"value": value}]}]});
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    config
}

/// Returns a flag that is on for users with the plan `pro`.
fn targeted(key: &str) -> Json {
    json!({"key": key, "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
        {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                       "valueToMatch": {"stringList": {"values": ["pro"]}}}], "value": {"bool": true}},
        {"value": {"bool": false}}]}]})
}

async fn seed(server: &TestServer) {
    let for_clients = json!({"sendToClientSdk": true});
    for config in [
        targeted("a/b c ü"),
        targeted("a/b c ü?#"),
        config("float", "DOUBLE", &json!({"double": 1.0}), &for_clients),
        config("huge", "INT", &json!({"int": "9007199254740993"}), &for_clients),
        config("json", "JSON", &json!({"json": {"json": "{\"eur\": 1.10}"}}), &for_clients),
        config("list", "STRING_LIST", &json!({"stringList": {"values": ["a", "b"]}}), &for_clients),
        config("timeout", "DURATION", &json!({"duration": {"definition": "PT1M30S"}}), &for_clients),
        config("server-only", "STRING", &json!({"string": "x"}), &json!({})),
        config("secret", "STRING", &json!({"string": "s3cr3t", "confidential": true}), &for_clients),
        config(
            "provided",
            "STRING",
            &json!({"provided": {"source": "ENV_VAR", "lookup": "HOME"}}),
            &for_clients,
        ),
        json!({"key": "nothing", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
            {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"stringList": {"values": ["none"]}}}], "value": {"bool": true}}]}]}),
    ] {
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
}

fn post(server: &TestServer, kind: KeyKind, path: &str, body: &str) -> RequestBuilder {
    let url = format!("{}{path}", server.running.url);
    server.http.post(url).bearer_auth(server.key("Development", kind)).body(body.to_owned())
}

async fn flag(server: &TestServer, kind: KeyKind, key: &str, context: Json) -> (StatusCode, Json) {
    let body = json!({ "context": context }).to_string();
    answer(post(server, kind, &format!("{FLAGS}/{key}"), &body).send().await.unwrap()).await
}

async fn flags(server: &TestServer, kind: KeyKind, context: Json) -> Json {
    let body = json!({ "context": context }).to_string();
    let (status, json) = answer(post(server, kind, FLAGS, &body).send().await.unwrap()).await;
    assert_eq!(status, 200, "{json}");
    json
}

fn etag(response: &Response) -> String {
    response.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_flag_has_value_reason_variant_and_metadata() {
    let server = server().await;
    let backend = KeyKind::Backend;
    let (status, json) = flag(
        &server,
        backend,
        "a/b%20c%20%C3%BC%3F%23",
        json!({"targetingKey": "u-1", "user": {"plan": "pro"}}),
    )
    .await;
    assert_eq!(status, 200, "{json}");
    assert_eq!(
        (&json["key"], &json["value"], &json["reason"], &json["variant"]),
        (&json!("a/b c ü?#"), &json!(true), &json!("TARGETING_MATCH"), &json!("true"))
    );
    let metadata = &json["metadata"];
    assert_eq!((&metadata["ruleIndex"], &metadata["contextId"]), (&json!(0), &json!("u-1")));
    assert!(metadata["flagSetId"].as_str().unwrap().contains('/') && metadata["version"].is_string());
    let (_, json) = flag(&server, backend, "a/b%20c%20%C3%BC%3F%23", json!({"user.plan": "free"})).await;
    assert_eq!((&json["value"], &json["reason"]), (&json!(false), &json!("DEFAULT")));
    let (status, json) = flag(&server, backend, "nothing", json!({})).await;
    assert_eq!((status, &json["reason"]), (StatusCode::OK, &json!("DEFAULT")));
    assert!(json.get("value").is_none() && json["variant"].is_string(), "{json}");
}

#[tokio::test]
async fn values_keep_their_form() {
    let server = server().await;
    let check = async |key: &str, expected: &str| {
        let response = post(&server, KeyKind::Backend, &format!("{FLAGS}/{key}"), "").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let text = response.text().await.unwrap();
        assert!(text.contains(&format!("\"value\":{expected},")), "{text}");
    };
    check("float", "1.0").await;
    check("huge", "9007199254740993").await;
    check("json", r#"{"eur": 1.10}"#).await;
    check("list", r#"["a","b"]"#).await;
    check("timeout", "\"PT1M30S\"").await;
    check("secret", "\"s3cr3t\"").await;
    let (_, json) = flag(&server, KeyKind::Backend, "huge", json!({})).await;
    assert_eq!(json["metadata"]["exact"], "9007199254740993");
    let (_, json) = flag(&server, KeyKind::Backend, "secret", json!({})).await;
    assert_eq!((&json["variant"], &json["metadata"]["confidential"]), (&json!("r0.v0"), &json!(true)));
}

#[tokio::test]
async fn front_ends_receive_only_what_is_marked_for_them() {
    let server = server().await;
    for key in ["server-only", "secret", "absent", "absent/", "a//b/"] {
        let (status, json) = flag(&server, KeyKind::Frontend, key, json!({})).await;
        assert_eq!(
            (status, &json["errorCode"], &json["key"]),
            (StatusCode::NOT_FOUND, &json!("FLAG_NOT_FOUND"), &json!(key))
        );
    }
    let keys = |json: &Json| -> Vec<String> {
        let flags = json["flags"].as_array().unwrap();
        flags.iter().map(|flag| flag["key"].as_str().unwrap().to_owned()).collect()
    };
    let of_front_end = flags(&server, KeyKind::Frontend, json!({})).await;
    assert_eq!(
        keys(&of_front_end),
        ["a/b c ü", "a/b c ü?#", "float", "huge", "json", "list", "nothing", "provided", "timeout"]
    );
    assert!(!of_front_end.to_string().contains("s3cr3t"));
    let of_backend = flags(&server, KeyKind::Backend, json!({})).await;
    assert!(
        keys(&of_backend).contains(&"secret".to_owned())
            && keys(&of_backend).contains(&"server-only".to_owned())
    );
    assert_eq!(of_backend["metadata"]["flagSetId"], of_front_end["metadata"]["flagSetId"]);
}

#[tokio::test]
async fn a_flag_that_cannot_be_evaluated_spoils_no_other() {
    let server = server().await;
    let (status, json) = flag(&server, KeyKind::Backend, "provided", json!({})).await;
    assert_eq!((status, &json["errorCode"]), (StatusCode::BAD_REQUEST, &json!("GENERAL")));
    assert!(
        json["errorDetails"]
            .as_str()
            .unwrap()
            .contains("environment variable of a program; evaluate it with an SDK")
    );
    let all = flags(&server, KeyKind::Frontend, json!({})).await;
    let provided = all["flags"].as_array().unwrap().iter().find(|flag| flag["key"] == "provided").unwrap();
    assert_eq!((&provided["errorCode"], provided.get("value")), (&json!("GENERAL"), None));
}

#[tokio::test]
async fn errors_have_the_form_of_the_protocol() {
    let server = server().await;
    let check = async |request: RequestBuilder, status: u16, code: &str, key: Json| {
        let (actual, json) = answer(request.send().await.unwrap()).await;
        assert_eq!((actual.as_u16(), &json["errorCode"]), (status, &json!(code)), "{json}");
        assert!(json["errorDetails"].is_string(), "{json}");
        assert_eq!(json.get("key").cloned().unwrap_or_default(), key);
    };
    let one = format!("{FLAGS}/float");
    let key = || json!("float");
    for body in ["{", "[]", r#"{"context": 1}"#, r#"{"context": {"targetingKey": 1}}"#] {
        check(post(&server, KeyKind::Backend, &one, body), 400, "INVALID_CONTEXT", key()).await;
        check(post(&server, KeyKind::Frontend, FLAGS, body), 400, "INVALID_CONTEXT", Json::Null).await;
    }
    let large = json!({"context": {"a": "x".repeat(65 << 10)}}).to_string();
    check(post(&server, KeyKind::Backend, &one, &large), 400, "INVALID_CONTEXT", key()).await;
    for path in [&*one, FLAGS] {
        let of_flag = if path == FLAGS { Json::Null } else { key() };
        let without_key = server.http.post(server.url(path));
        check(without_key, 401, "GENERAL", of_flag.clone()).await;
        check(server.http.post(server.url(path)).bearer_auth("1-nonsense"), 401, "GENERAL", of_flag).await;
    }
    check(server.http.get(server.url("/ofrep/v1/stream?token=AAAA")), 401, "GENERAL", Json::Null).await;
    check(server.http.get(server.url("/ofrep/v1/stream")), 401, "GENERAL", Json::Null).await;
    let with_header =
        server.http.post(server.url(&one)).header("x-api-key", server.key("Development", KeyKind::Backend));
    assert_eq!(with_header.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_long_targeting_key_is_not_repeated_in_each_entry() {
    let server = server().await;
    let size = async |length: usize| {
        let json = flags(&server, KeyKind::Frontend, json!({"targetingKey": "u".repeat(length)})).await;
        (json.to_string().len(), json["flags"][0]["metadata"].get("contextId").is_some())
    };
    let ((short, has_id), (long, has_long_id)) = (size(128).await, size(60_000).await);
    assert!(has_id && !has_long_id && long < short, "{short} {long}");
}

#[tokio::test]
async fn queries_that_cannot_be_read_are_answered_in_the_form_of_the_protocol() {
    let server = server().await;
    let path = format!("{FLAGS}?flagConfigEtag=1&flagConfigEtag=2");
    assert_eq!(post(&server, KeyKind::Frontend, &path, "{}").send().await.unwrap().status(), 200);
    let stream = server.http.get(server.url("/ofrep/v1/stream?token=a&token=b")).send().await.unwrap();
    let (status, json) = answer(stream).await;
    assert_eq!((status.as_u16(), &json["errorCode"]), (401, &json!("GENERAL")));
}

#[tokio::test]
async fn browsers_of_every_origin_are_allowed() {
    let server = TestServer::new().await;
    for path in [FLAGS, "/ofrep/v1/evaluate/flags/a", "/ofrep/v1/stream"] {
        let request = server.http.request(Method::OPTIONS, server.url(path));
        let response =
            request.header("access-control-request-headers", "x-tenant, content-type").send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        assert_eq!(response.headers()["access-control-allow-headers"], "x-tenant, content-type");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["access-control-expose-headers"], "etag, retry-after");
    }
}

#[tokio::test]
async fn unchanged_flags_are_not_sent_again() {
    let server = server().await;
    let ask = async |tag: &str, context: Json| {
        let body = json!({ "context": context }).to_string();
        post(&server, KeyKind::Frontend, FLAGS, &body).header("if-none-match", tag).send().await.unwrap()
    };
    let first = ask("\"none\"", json!({"targetingKey": "u-1"})).await;
    let tag = etag(&first);
    assert!(tag.starts_with('"'), "{tag}");
    for sent in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        assert_eq!(ask(&sent, json!({"targetingKey": "u-1"})).await.status(), 304, "{sent}");
    }
    assert_eq!(ask(&tag, json!({"targetingKey": "u-2"})).await.status(), 200);
    server.post("/api/v1/config/set-default/", json!({"configKey": "float", "value": {"double": 2.0}})).await;
    let changed = ask(&tag, json!({"targetingKey": "u-1"})).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(etag(&changed), tag);
}

/// Returns the URL of the event stream, which is in the response to a request for all flags.
async fn stream_url(server: &TestServer, kind: KeyKind) -> String {
    let json = flags(server, kind, json!({})).await;
    let stream = &json["eventStreams"][0];
    assert_eq!((&stream["type"], &stream["inactivityDelaySec"]), (&json!("sse"), &json!(120)));
    assert!(stream["endpoint"].get("origin").is_none() && stream.get("url").is_none());
    server.url(stream["endpoint"]["requestUri"].as_str().unwrap())
}

async fn event(stream: &mut Stream) -> (i64, Json) {
    loop {
        let block = stream.block().await.unwrap();
        if let Some((id, data)) = block.strip_prefix("id: ").and_then(|rest| rest.split_once("\ndata: ")) {
            return (id.parse().unwrap(), serde_json::from_str(data).unwrap());
        }
    }
}

#[tokio::test]
async fn a_stream_announces_changes_that_its_caller_can_see() {
    let server = server().await;
    let url = stream_url(&server, KeyKind::Frontend).await;
    assert_eq!(
        stream_url(&server, KeyKind::Frontend).await,
        url,
        "clients keep the stream if the URL is equal"
    );
    assert_ne!(stream_url(&server, KeyKind::Backend).await, url);
    let mut stream = Stream::open(server.http.get(&url)).await;
    assert!(stream.block().await.unwrap().starts_with("retry: "));
    let (first, _) = event(&mut stream).await;
    server.set("server-only", "y").await;
    let change = json!({"configKey": "float", "value": {"double": 3.0}});
    let (_, changed) = server.post("/api/v1/config/set-default/", change).await;
    let changed: i64 = changed["response"]["newId"].as_str().unwrap().parse().unwrap();
    let (id, data) = event(&mut stream).await;
    assert!(id >= changed && id > first, "one event for the visible change: {id} {changed}");
    assert_eq!((&data["type"], &data["etag"]), (&json!("refetchEvaluation"), &json!(id.to_string())));
    assert!(data["lastModified"].is_i64());
    // A client that has this version receives nothing until the next change.
    let mut resumed = Stream::open(server.http.get(&url).header("last-event-id", id.to_string())).await;
    assert!(resumed.block().await.unwrap().starts_with("retry: "));
    let nothing = tokio::time::timeout(Duration::from_millis(500), resumed.block()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let server = server().await;
    let url = stream_url(&server, KeyKind::Frontend).await;
    let mut stream = Stream::open(server.http.get(&url)).await;
    let id = server.key("Development", KeyKind::Frontend);
    let id = id.split('-').next().unwrap();
    project::done(&server, "DELETE", &format!("/keys/{id}"), Json::Null).await;
    while let Some(block) = stream.block().await {
        assert!(!block.contains("refetch") || block.contains("id: "), "{block}");
    }
    assert_eq!(server.http.get(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_refetch_waits_for_a_version_of_another_server() {
    let server = server().await;
    let version: i64 = flags(&server, KeyKind::Frontend, json!({})).await["metadata"]["version"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let path = format!("{FLAGS}?flagConfigEtag={}", version + 1);
    let refetch = post(&server, KeyKind::Frontend, &path, "{}").send();
    let change = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.set("server-only", "z").await;
    };
    let started = std::time::Instant::now();
    let (response, ()) = tokio::join!(refetch, change);
    let (_, json) = answer(response.unwrap()).await;
    assert!(json["metadata"]["version"].as_str().unwrap().parse::<i64>().unwrap() > version);
    assert!((Duration::from_millis(250)..Duration::from_millis(1_900)).contains(&started.elapsed()));
    let started = std::time::Instant::now();
    let path = format!("{FLAGS}?flagConfigEtag={}", i64::MAX);
    assert_eq!(post(&server, KeyKind::Frontend, &path, "{}").send().await.unwrap().status(), 200);
    assert!(started.elapsed() < Duration::from_secs(4), "waits for at most 2 s");
}

#[tokio::test]
async fn requests_are_limited_per_key() {
    let server =
        TestServer::limited(Limits { ofrep_requests_per_second: Some(3), ..Limits::default() }).await;
    let mut refused = None;
    for _ in 0..20 {
        let response = post(&server, KeyKind::Backend, &format!("{FLAGS}/a"), "").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("a refusal");
    assert_eq!(refused.headers()["retry-after"], "1");
    let (_, json) = answer(refused).await;
    assert_eq!((&json["key"], &json["errorCode"]), (&json!("a"), &json!("GENERAL")));
}

#[tokio::test]
async fn single_evaluations_are_counted() {
    let server = server().await;
    for _ in 0..3 {
        flag(&server, KeyKind::Backend, "float", json!({"user.plan": "pro"})).await;
    }
    let counted = prefab_testing::eventually_some("the evaluations are counted", async || {
        let (_, json) =
            answer(server.admin("GET", "/api/v1/evaluation-stats/float").send().await.unwrap()).await;
        json.to_string().contains('3').then_some(json)
    })
    .await;
    assert!(counted.to_string().contains('3'));
    assert!(server.metric("prefab_ofrep_streams").await == 0);
    let text = server.http.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"prefab_ofrep_requests_total{endpoint="flag",status="200"} 3"#), "{text}");
}
