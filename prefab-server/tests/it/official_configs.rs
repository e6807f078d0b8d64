//! Changes with the official management API.

use crate::common::{TestServer, answer, text_config};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_config_is_created_shown_changed_and_deleted() {
    let server = TestServer::new().await;
    let id = server.create("aws.bucket", "abc").await;
    let shown =
        async || answer(server.admin("GET", "/api/v1/config/key/aws.bucket").send().await.unwrap()).await;
    let (status, config) = shown().await;
    assert_eq!(status, 200);
    assert_eq!(config["id"], id.to_string());
    assert_eq!(config["rows"][0]["values"][0]["value"], json!({"string": "abc"}));
    assert!(config["changedBy"]["apiKeyId"].is_string());
    server.set("aws.bucket", "def").await;
    assert_eq!(shown().await.1["rows"][0]["values"][0]["value"], json!({"string": "def"}));
    server.delete("aws.bucket").await;
    assert_eq!(
        shown().await,
        (404.try_into().unwrap(), json!({"message": "Not Found", "code": "not_found"}))
    );
    server.create("aws.bucket", "again").await;
}

#[tokio::test]
async fn environments_are_listed() {
    let server = TestServer::new().await;
    let (_, json) = answer(server.admin("GET", "/api/v1/project-environments").send().await.unwrap()).await;
    let names: Vec<&str> =
        json["envs"].as_array().unwrap().iter().map(|env| env["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Development", "Staging", "Production"]);
}

#[tokio::test]
async fn two_editors_cannot_silently_overwrite_one_another() {
    let server = TestServer::new().await;
    let id = server.create("a", "1").await;
    let (status, body) = server.post("/api/v1/config/", text_config("a", "2")).await;
    assert_eq!(status, 409);
    assert_eq!(
        body["_embedded"]["errors"][0]["message"],
        "key `a` is already in use. Pass existing config id to overwrite"
    );
    let mut next = text_config("a", "2");
    next["id"] = id.to_string().into();
    assert_eq!(server.post("/api/v1/config/", next.clone()).await.0, 200);
    assert_eq!(server.post("/api/v1/config/", next).await.0, 409, "the id is not the current one any more");
    let stale = json!({"configKey": "a", "currentVersionId": id.to_string(), "value": {"string": "3"}});
    assert_eq!(server.post("/api/v1/config/set-default/", stale).await.0, 409);
    let path = format!("/api/v1/config/key/a?currentVersionId={id}");
    assert_eq!(server.admin("DELETE", &path).send().await.unwrap().status(), 409);
}

#[tokio::test]
async fn problems_name_their_place() {
    let server = TestServer::new().await;
    let check = async |config: Json, message: &str| {
        let (status, body) = server.post("/api/v1/config/", config).await;
        assert_eq!((status.as_u16(), &body["_embedded"]["errors"][0]["message"]), (400, &json!(message)));
    };
    let with_row = |row: Json| {
        let mut config = text_config("k", "v");
        config["rows"] = json!([row]);
        config
    };
    check(json!({"rows": []}), "config `#0`: `key`: expected the config's key").await;
    check(json!({"key": "k"}), "`rows`: expected at least one").await;
    check(
        with_row(json!({"values": [{"value": {"int": "1"}}]})),
        "`rows[0].values[0].value`: the config is declared as STRING, but the value is int",
    )
    .await;
    check(
        with_row(json!({"projectEnvId": "99", "values": [{"value": {"string": "a"}}]})),
        "`rows[0].projectEnvId`: this project has no environment 99",
    )
    .await;
    let rule =
        |criterion: Json| with_row(json!({"values": [{"criteria": [criterion], "value": {"string": "a"}}]}));
    check(
        rule(json!({"propertyName": "a.b", "operator": 99})),
        "`rows[0].values[0].criteria[0].operator`: unknown operator",
    )
    .await;
    let (status, body) = server
        .post("/api/v1/config/", rule(json!({"operator": "IN_SEG", "valueToMatch": {"string": "unknown"}})))
        .await;
    assert_eq!(status, 400);
    assert!(body.to_string().contains("there is no segment `unknown`"), "{body}");
    let (status, body) = server.post("/api/v1/config/", json!("what")).await;
    assert_eq!(status, 400, "{body}");
    let (status, body) =
        answer(server.admin("POST", "/api/v1/config/").body("{").send().await.unwrap()).await;
    assert_eq!(status, 400, "{body}");
}

#[tokio::test]
async fn a_referenced_segment_cannot_be_archived_and_cycles_are_rejected() {
    let server = TestServer::new().await;
    let segment = |key: &str, criterion: Json| {
        json!({"key": key, "configType": "SEGMENT", "valueType": "BOOL",
               "rows": [{"values": [{"criteria": [criterion], "value": {"bool": true}}]}]})
    };
    let plan = json!({"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"stringList": {"values": ["pro"]}}});
    let within = |key: &str| json!({"operator": "IN_SEG", "valueToMatch": {"string": key}});
    let (status, inner) = server.post("/api/v1/config/", segment("inner", plan)).await;
    assert_eq!(status, 200, "{inner}");
    assert_eq!(server.post("/api/v1/config/", segment("outer", within("inner"))).await.0, 200);
    let deleted = answer(server.admin("DELETE", "/api/v1/config/key/inner").send().await.unwrap()).await;
    assert_eq!(deleted.0, 409);
    assert_eq!(deleted.1["_embedded"]["errors"][0]["message"], "segment `inner` is used by `outer`");
    let mut circle = segment("inner", within("outer"));
    circle["id"] = inner["newId"].clone();
    let (status, body) = server.post("/api/v1/config/", circle).await;
    assert_eq!(status, 400);
    assert!(body.to_string().contains("in a cycle"), "{body}");
    // The Python SDK raises for a segment without a default value.
    let sent = server.configs("/api/v1/configs/0").await;
    let last = sent.configs[0].rows[0].values.last().unwrap();
    assert!(last.criteria.is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = TestServer::limited(prefab_server::Limits { body_bytes: 1_000, ..Default::default() }).await;
    let (status, body) = server.post("/api/v1/config/", text_config("a", &"x".repeat(2_000))).await;
    assert_eq!((status.as_u16(), &body["message"]), (413, &json!("the body is larger than 1000 bytes")));
}
