//! Errors have codes and places for programs.

use crate::common::{
    TestServer, answer,
    project::{PROJECT, ask, done},
};
use serde_json::{Value as Json, json};

/// Sends a request that fails, and compares its status, its code, and the place and code of its first problem.
async fn check(
    server: &TestServer,
    (method, path, body): (&str, &str, Json),
    expected: (u16, &str, &str, &str),
) {
    let (status, answer) = ask(server, method, path, body).await;
    let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
    let problem = &answer["_embedded"]["errors"][0];
    let found = (status.as_u16(), text(&answer["code"]), text(&problem["place"]), text(&problem["code"]));
    let (status, code, place, problem) = expected;
    let expected = (status, code.to_owned(), place.to_owned(), problem.to_owned());
    assert_eq!(found, expected, "{method} {path}: {answer}");
}

fn item(key: &str, kind: &str, value: &Json) -> Json {
    json!({"item": {"key": key, "type": "config", "valueType": kind,
                    "default": {"rules": [{"value": {"type": kind, "value": value}}]}}})
}

fn text(key: &str) -> Json {
    item(key, "string", &json!("v"))
}

#[tokio::test]
async fn conflicts_have_codes() {
    let server = TestServer::new().await;
    let first = done(&server, "POST", "/items", text("k")).await;
    check(&server, ("POST", "/items", text("k")), (409, "name_taken", "", "name_taken")).await;
    let stale = json!({"value": {"type": "string", "value": "w"}, "version": "1"});
    let conflict = (409, "version_conflict", "", "version_conflict");
    check(&server, ("PUT", "/items/k/value", stale), conflict).await;
    let mut next = text("k");
    next["item"]["id"] = first["id"].clone();
    next["item"]["tags"] = json!(["a"]);
    done(&server, "PUT", "/items/k", next.clone()).await;
    check(&server, ("PUT", "/items/k", next), conflict).await;
    let taken = json!({"name": "Staging"});
    check(&server, ("POST", "/environments", taken), (409, "name_taken", "", "name_taken")).await;
    check(&server, ("POST", "/items/k/restore", Json::Null), (409, "not_archived", "", "not_archived")).await;
    done(&server, "POST", "/items", text("log-level.k")).await;
    let level = json!({"level": "DEBUG"});
    check(&server, ("PUT", "/log-levels/k", level), (409, "wrong_type", "", "wrong_type")).await;
}

#[tokio::test]
async fn a_schema_in_use_and_a_value_that_differs_from_it_have_codes_and_places() {
    let server = TestServer::new().await;
    let schema = json!({"type": "object", "properties": {"max": {"type": "integer"}}}).to_string();
    let value = json!({"type": "schema", "value": {"schemaType": "JSON_SCHEMA", "schema": schema}});
    let schema = json!({"item": {"key": "s", "type": "schema", "default": {"rules": [{"value": value}]}}});
    done(&server, "POST", "/items", schema).await;
    let mut wrong = item("k", "json", &json!({"max": "3"}));
    wrong["item"]["schemaKey"] = "s".into();
    check(
        &server,
        ("POST", "/items", wrong.clone()),
        (400, "invalid", "rows[0].values[0].value.json", "schema"),
    )
    .await;
    let (_, answer) = ask(&server, "POST", "/items", wrong).await;
    assert_eq!(answer["_embedded"]["errors"][0]["pointer"], "/max");
    let mut right = item("k", "json", &json!({"max": 3}));
    right["item"]["schemaKey"] = "s".into();
    done(&server, "POST", "/items", right).await;
    check(&server, ("DELETE", "/items/s", Json::Null), (409, "in_use", "", "in_use")).await;
}

#[tokio::test]
async fn protected_environments_have_codes() {
    let server = TestServer::new().await;
    done(&server, "PATCH", "/environments/Staging", json!({"needsComment": true})).await;
    let comment = (400, "needs_comment", "comment", "needs_comment");
    check(&server, ("POST", "/items", text("k")), comment).await;
    done(&server, "PATCH", "/environments/Staging", json!({"needsComment": false})).await;
    done(&server, "POST", "/items", text("k")).await;
    done(&server, "PATCH", "/environments/Production", json!({"needsApproval": true})).await;
    let approval = (409, "needs_approval", "", "needs_approval");
    check(&server, ("POST", "/items", text("l")), approval).await;
    done(&server, "PUT", "/items/k/draft", json!({})).await;
    check(&server, ("POST", "/items/k/draft/publish", Json::Null), approval).await;
    check(&server, ("POST", "/items/k/draft/approve", Json::Null), (409, "own_draft", "", "own_draft")).await;
}

#[tokio::test]
async fn invalid_requests_name_their_places() {
    let server = TestServer::new().await;
    let invalid = |place, code| (400, "invalid", place, code);
    let wrong = item("k", "string", &json!(3));
    let place = "item.default.rules[0].value.value";
    check(&server, ("POST", "/items", wrong), invalid(place, "invalid")).await;
    let mut wrong = text("k");
    wrong["item"]["tags"] = json!(["a", "a"]);
    check(&server, ("POST", "/items", wrong), invalid("tags[1]", "duplicate")).await;
    let mut wrong = text("k");
    wrong["item"]["valueType"] = "int".into();
    check(&server, ("POST", "/items", wrong), invalid("rows[0].values[0].value", "wrong_type")).await;
    check(&server, ("POST", "/items", text("")), invalid("key", "out_of_range")).await;
    check(&server, ("POST", "/items", json!([])), invalid("", "invalid")).await;
    check(&server, ("GET", "/items/unknown", Json::Null), (404, "not_found", "-", "-")).await;
    let reader = server.get(&format!("{PROJECT}/items")).send().await.unwrap();
    assert_eq!(answer(reader).await.1["code"], "forbidden");
    let unknown = server.http.get(server.url(&format!("{PROJECT}/items"))).send().await.unwrap();
    assert_eq!(answer(unknown).await.1["code"], "unauthorized");
}
