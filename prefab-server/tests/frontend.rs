//! What web pages get, and what they report.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use common::{Bed, answer};
use prefab_server::KeyKind;
use serde_json::{Value as Json, json};

async fn bed() -> Bed {
    let bed = Bed::new().await;
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
        let (status, answer) = bed.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    bed
}

fn path(version: &str, plan: &str) -> String {
    let contexts =
        json!({"contexts": [{"type": "user", "values": {"plan": {"string": plan}, "ü": {"bool": true}}}]});
    let encoded = BASE64_STANDARD.encode(contexts.to_string());
    let encoded = encoded.replace('=', "%3D").replace('/', "%2F").replace('+', "%2B");
    format!("/api/{version}/configs/eval-with-context/{encoded}?collectContextMode=SHAPE_ONLY")
}

async fn ask(bed: &Bed, path: &str) -> Json {
    let key = bed.key("Development", KeyKind::Frontend);
    let response = bed.http.get(bed.url(path)).basic_auth("u", Some(key)).send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let (status, json) = answer(response).await;
    assert_eq!(status, 200, "{json}");
    json
}

#[tokio::test]
async fn a_page_gets_values_for_its_context_and_nothing_else() {
    let bed = bed().await;
    let json = ask(&bed, &path("v2", "pro/?+")).await;
    let values = json["evaluations"].as_object().unwrap();
    assert_eq!(values.keys().collect::<Vec<_>>(), ["beta", "list"]);
    assert_eq!(values["beta"]["value"], json!({"bool": true}));
    assert_eq!(values["list"]["value"], json!({"stringList": ["a", "b"]}));
    let metadata = &values["beta"]["configEvaluationMetadata"];
    assert_eq!(metadata["conditionalValueIndex"], "0");
    assert_eq!(metadata["type"], "FEATURE_FLAG");
    assert!(json["apikeyMetadata"]["id"].is_string());
    assert_eq!(ask(&bed, &path("v2", "free")).await["evaluations"]["beta"]["value"], json!({"bool": false}));
}

#[tokio::test]
async fn older_pages_get_their_form() {
    let bed = bed().await;
    let json = ask(&bed, &path("v1", "pro/?+")).await;
    assert_eq!(json["values"]["beta"]["bool"], true);
    assert_eq!(json["values"]["list"]["stringList"], json!({"values": ["a", "b"]}));
    let identity = BASE64_STANDARD.encode(r#"{"lookup":"u-1","attributes":{}}"#);
    let json = ask(&bed, &format!("/api/v1/configs/eval/{identity}")).await;
    assert_eq!(json["values"]["beta"]["bool"], false);
    let key = BASE64_STANDARD.encode(bed.key("Development", KeyKind::Frontend)).replace('=', "%3D");
    let response = bed.http.get(bed.url(&format!("/api/v1/configs/eval/{key}/{identity}"))).send().await;
    assert_eq!(answer(response.unwrap()).await.1["values"]["beta"]["bool"], false);
}

#[tokio::test]
async fn preflights_are_answered() {
    let bed = Bed::new().await;
    for path in [path("v2", "a"), path("v1", "a"), "/api/v1/telemetry".to_owned()] {
        let request = bed.http.request(reqwest::Method::OPTIONS, bed.url(&path));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("authorization") && allowed.contains("x-prefabcloud-client-version"));
    }
    let configs = bed.get("/api/v1/configs/0").send().await.unwrap();
    assert!(configs.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn contexts_that_cannot_be_read_are_refused_with_the_cause() {
    let bed = Bed::new().await;
    let key = bed.key("Development", KeyKind::Frontend);
    let url = bed.url("/api/v2/configs/eval-with-context/@@@");
    let (status, json) = answer(bed.http.get(url).basic_auth("u", Some(key)).send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(json["_embedded"]["errors"][0]["message"].as_str().unwrap().contains("base64"), "{json}");
}
