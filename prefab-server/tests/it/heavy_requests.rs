//! CPU-heavy requests: they have limits, and nothing else waits for them.

use std::time::{Duration, Instant};

use crate::common::{TestServer, answer, people::LoggedIn, text_config};
use prefab_server::{KeyKind, Limits};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

const ITEMS: &str = "/api/manage/v1/projects/1/items";
const VALIDATE: &str = "/api/manage/v1/projects/1/validate";

/// A schema in which each part leads to the next one twice.
fn doubling(link: impl Fn(Json) -> Json) -> Json {
    let mut defs = json!({ "d40": { "type": "object" } });
    for level in 0..40 {
        defs[format!("d{level}")] = link(json!({ "$ref": format!("#/$defs/d{}", level + 1) }));
    }
    json!({ "$ref": "#/$defs/d0", "$defs": defs })
}

fn schema_item(key: &str, schema: &Json) -> Json {
    let value =
        json!({"type": "schema", "value": {"schemaType": "JSON_SCHEMA", "schema": schema.to_string()}});
    json!({"item": {"key": key, "type": "schema", "default": {"rules": [{"value": value}]}}})
}

#[tokio::test]
async fn an_exponential_schema_is_rejected_quickly() {
    let server = TestServer::new().await;
    let schema = doubling(|next| json!({"allOf": [next.clone(), next]}));
    let (status, reply) = server.post(ITEMS, schema_item("sx", &schema)).await;
    assert_eq!(status, 400, "{reply}");
    assert!(reply.to_string().contains("more than 10000 nodes"), "{reply}");
    let attempt = json!({"value": {"type": "schema", "value":
        {"schemaType": "JSON_SCHEMA", "schema": schema.to_string()}}});
    let (status, flaws) = server.post(VALIDATE, attempt).await;
    assert_eq!(status, 200, "{flaws}");
    assert!(flaws[0]["message"].as_str().unwrap().contains("more than 10000 nodes"), "{flaws}");
}

#[tokio::test]
async fn a_schema_that_an_older_version_stored_is_skipped() {
    let server = TestServer::new().await;
    // Stored within limits that are lowered afterwards, as if there had been none.
    let schema = json!({"allOf": (0..2_000).map(|_| json!({"type": "object"})).collect::<Vec<_>>()});
    assert_eq!(server.post(ITEMS, schema_item("sx", &schema)).await.0, 200);
    let data = server.dir.path().join("data");
    let admin = server.key("Development", KeyKind::Admin);
    let TestServer { running, http, dir: _dir } = server;
    running.shutdown().await;
    let mut options = prefab_server::Options::local(data);
    options.limits = Limits { schema_nodes: 1_000, ..Limits::default() };
    let running = prefab_server::serve(options).await.unwrap();
    let post = |path: &str, body: Json| {
        let request = http.post(format!("{}{path}", running.url)).basic_auth("u", Some(&admin));
        request.body(body.to_string()).send()
    };
    let attempt = json!({"schemaKey": "sx", "value": {"type": "json", "value": "[]"}});
    let (status, flaws) = answer(post(VALIDATE, attempt).await.unwrap()).await;
    assert_eq!(status, 200);
    let message = flaws[0]["message"].as_str().unwrap();
    assert!(message.contains("skipped") && message.contains("1000 nodes"), "{message}");
    let value = json!({"type": "json", "value": "[]"});
    let item = json!({"key": "j", "type": "config", "valueType": "json", "schemaKey": "sx",
                      "default": {"rules": [{"value": value}]}});
    let (status, reply) = answer(post(ITEMS, json!({ "item": item })).await.unwrap()).await;
    assert_eq!(status, 200, "configs that follow it can still be changed: {reply}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_value_that_is_too_large_for_its_schema_is_refused() {
    let server = TestServer::new().await;
    // Recursive schemas have no size of their own: each level of a value doubles the checks.
    let schema = json!({"properties": {"a": {"$ref": "#"}}, "patternProperties": {"a": {"$ref": "#"}}});
    assert_eq!(server.post(ITEMS, schema_item("sx", &schema)).await.0, 200);
    let value = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    let attempt = json!({"schemaKey": "sx", "value": {"type": "json", "value": value}});
    let (status, flaws) = server.post(VALIDATE, attempt).await;
    assert_eq!(status, 200, "{flaws}");
    assert!(flaws[0]["message"].as_str().unwrap().contains("steps"), "{flaws}");
}

#[tokio::test]
async fn explanations_limit_the_number_of_properties() {
    let server = TestServer::new().await;
    server.create("a", "b").await;
    let ask = async |count: usize| {
        let user: serde_json::Map<String, Json> =
            (0..count).map(|at| (format!("p{at}"), at.into())).collect();
        let body = json!({"key": "a", "environment": "Development", "contexts": { "user": user }});
        server.post("/api/manage/v1/projects/1/explain", body).await
    };
    assert_eq!(ask(1_000).await.0, 200);
    let (status, reply) = ask(1_001).await;
    assert_eq!(status, 400);
    assert!(reply.to_string().contains("at most 1000 properties, not 1001"), "{reply}");
}

#[tokio::test]
async fn imports_limit_the_number_of_configs() {
    let server = TestServer::limited(Limits { import_configs: 3, ..Limits::default() }).await;
    let import = async |format: &str, body: String| {
        let path = format!("/api/manage/v1/projects/1/import?format={format}");
        answer(server.admin("POST", &path).body(body).send().await.unwrap()).await
    };
    let configs =
        |count: usize| -> Vec<Json> { (0..count).map(|at| text_config(&format!("k{at}"), "v")).collect() };
    assert_eq!(import("json", json!({ "configs": configs(3) }).to_string()).await.0, 200);
    assert_eq!(import("yaml", "a: 1\nb: 2\nc: 3\n".to_owned()).await.0, 200);
    let change = json!({"key": "k", "deleted": true});
    for (format, body) in [
        ("json", json!({ "configs": configs(4) }).to_string()),
        ("yaml", "a: 1\nb: 2\nc: 3\nd: 4\n".to_owned()),
        ("json", json!([{"changes": [change, change, change]}, {"changes": [change]}]).to_string()),
    ] {
        let (status, reply) = import(format, body).await;
        assert_eq!(status, 400);
        assert!(reply.to_string().contains("at most 3 configs, not 4"), "{reply}");
    }
}

/// Segments that each refer to the next one, the last of them broken.
#[tokio::test]
async fn a_long_chain_of_segments_is_planned_quickly() {
    let server = TestServer::new().await;
    let count = 2_000;
    let segments: Vec<Json> = (0..count)
        .map(|at| {
            let next = format!("s{:05}", at + 1);
            let criteria = if at + 1 < count {
                json!([{"propertyName": "", "operator": "IN_SEG", "valueToMatch": {"string": next}}])
            } else {
                json!([])
            };
            json!({"key": format!("s{at:05}"), "configType": "SEGMENT", "valueType": "BOOL",
                   "rows": [{"values": [{"criteria": criteria, "value": {"bool": true}},
                                        {"criteria": [], "value": {"bool": false}}]}]})
        })
        .collect();
    let body = json!({ "configs": segments }).to_string();
    let asked = Instant::now();
    let request = server.admin("POST", "/api/manage/v1/projects/1/import").body(body);
    let (status, reply) = answer(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["created"], count, "{}", reply["problems"]);
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
}

/// While every thread for management work is busy, the rest of the server answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_requests_do_not_block_light_ones() {
    let limits = Limits {
        worker_threads: 2,
        queued_jobs: 2,
        job_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    server.create("a", "b").await;
    let owner = LoggedIn::first(&server).await;
    let other = owner.done(&server, "POST", "/projects", json!({"name": "other"})).await;
    let items = format!("/projects/{}/items", other["id"].as_str().unwrap());
    let configs: Vec<Json> = (0..20_000).map(|at| text_config(&format!("k{at}"), "v")).collect();
    let body = json!({ "configs": configs }).to_string();
    let heavy: Vec<_> = (0..8)
        .map(|_| {
            let request = server.admin("POST", "/api/manage/v1/projects/1/import").body(body.clone());
            tokio::spawn(async move { request.send().await.unwrap() })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    let mut published = 0;
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        for path in ["/healthz", "/api/v1/configs/0"] {
            let asked = Instant::now();
            assert_eq!(server.get(path).send().await.unwrap().status(), 200);
            slowest = slowest.max(asked.elapsed());
        }
        let asked = Instant::now();
        let value = json!({"type": "string", "value": "v"});
        let item = json!({"key": format!("k{published}"), "type": "config", "valueType": "string",
                          "default": {"rules": [{"value": value}]}});
        owner.done(&server, "POST", &items, json!({ "item": item })).await;
        slowest = slowest.max(asked.elapsed());
        published += 1;
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let mut refused = 0;
    for heavy in heavy {
        let response = heavy.await.unwrap();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert!(response.headers().contains_key("retry-after"));
            assert_eq!(answer(response).await.1["code"], "busy");
            refused += 1;
        }
    }
    assert!(refused > 0 && published > 0);
}
