//! Errors have codes and places for programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use common::{Bed, answer};
use serde_json::{Value as Json, json};

const PROJECT: &str = "/api/manage/v1/projects/1";

async fn ask(bed: &Bed, method: &str, path: &str, body: Json) -> (u16, Json) {
    let request = bed.admin(method, &format!("{PROJECT}{path}"));
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    let (status, body) = answer(request.send().await.unwrap()).await;
    (status.as_u16(), body)
}

async fn done(bed: &Bed, method: &str, path: &str, body: Json) -> Json {
    let (status, answer) = ask(bed, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

/// Sends a request that fails, and compares its status, its code, and the place and code of its first problem.
async fn check(bed: &Bed, (method, path, body): (&str, &str, Json), expected: (u16, &str, &str, &str)) {
    let (status, answer) = ask(bed, method, path, body).await;
    let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
    let problem = &answer["_embedded"]["errors"][0];
    let found = (status, text(&answer["code"]), text(&problem["place"]), text(&problem["code"]));
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
    let bed = Bed::new().await;
    let first = done(&bed, "POST", "/items", text("k")).await;
    check(&bed, ("POST", "/items", text("k")), (409, "name_taken", "", "name_taken")).await;
    let stale = json!({"value": {"type": "string", "value": "w"}, "version": "1"});
    let conflict = (409, "version_conflict", "", "version_conflict");
    check(&bed, ("PUT", "/items/k/value", stale), conflict).await;
    let mut next = text("k");
    next["item"]["id"] = first["id"].clone();
    next["item"]["tags"] = json!(["a"]);
    done(&bed, "PUT", "/items/k", next.clone()).await;
    check(&bed, ("PUT", "/items/k", next), conflict).await;
    let taken = json!({"name": "Staging"});
    check(&bed, ("POST", "/environments", taken), (409, "name_taken", "", "name_taken")).await;
    check(&bed, ("POST", "/items/k/restore", Json::Null), (409, "not_archived", "", "not_archived")).await;
    done(&bed, "POST", "/items", text("log-level.k")).await;
    let level = json!({"level": "DEBUG"});
    check(&bed, ("PUT", "/log-levels/k", level), (409, "wrong_type", "", "wrong_type")).await;
}

#[tokio::test]
async fn a_schema_in_use_and_a_value_that_differs_from_it_have_codes_and_places() {
    let bed = Bed::new().await;
    let schema = json!({"type": "object", "properties": {"max": {"type": "integer"}}}).to_string();
    let value = json!({"type": "schema", "value": {"schemaType": "JSON_SCHEMA", "schema": schema}});
    let schema = json!({"item": {"key": "s", "type": "schema", "default": {"rules": [{"value": value}]}}});
    done(&bed, "POST", "/items", schema).await;
    let mut wrong = item("k", "json", &json!({"max": "3"}));
    wrong["item"]["schemaKey"] = "s".into();
    check(
        &bed,
        ("POST", "/items", wrong.clone()),
        (400, "invalid", "rows[0].values[0].value.json", "schema"),
    )
    .await;
    let (_, answer) = ask(&bed, "POST", "/items", wrong).await;
    assert_eq!(answer["_embedded"]["errors"][0]["pointer"], "/max");
    let mut right = item("k", "json", &json!({"max": 3}));
    right["item"]["schemaKey"] = "s".into();
    done(&bed, "POST", "/items", right).await;
    check(&bed, ("DELETE", "/items/s", Json::Null), (409, "in_use", "", "in_use")).await;
}

#[tokio::test]
async fn protected_environments_have_codes() {
    let bed = Bed::new().await;
    done(&bed, "PATCH", "/environments/Staging", json!({"needsComment": true})).await;
    let comment = (400, "needs_comment", "comment", "needs_comment");
    check(&bed, ("POST", "/items", text("k")), comment).await;
    done(&bed, "PATCH", "/environments/Staging", json!({"needsComment": false})).await;
    done(&bed, "POST", "/items", text("k")).await;
    done(&bed, "PATCH", "/environments/Production", json!({"needsApproval": true})).await;
    let approval = (409, "needs_approval", "", "needs_approval");
    check(&bed, ("POST", "/items", text("l")), approval).await;
    done(&bed, "PUT", "/items/k/draft", json!({})).await;
    check(&bed, ("POST", "/items/k/draft/publish", Json::Null), approval).await;
    check(&bed, ("POST", "/items/k/draft/approve", Json::Null), (409, "own_draft", "", "own_draft")).await;
}

#[tokio::test]
async fn invalid_requests_name_their_places() {
    let bed = Bed::new().await;
    let invalid = |place, code| (400, "invalid", place, code);
    let wrong = item("k", "string", &json!(3));
    let place = "item.default.rules[0].value.value";
    check(&bed, ("POST", "/items", wrong), invalid(place, "invalid")).await;
    let mut wrong = text("k");
    wrong["item"]["tags"] = json!(["a", "a"]);
    check(&bed, ("POST", "/items", wrong), invalid("tags[1]", "duplicate")).await;
    let mut wrong = text("k");
    wrong["item"]["valueType"] = "int".into();
    check(&bed, ("POST", "/items", wrong), invalid("rows[0].values[0].value", "wrong_type")).await;
    check(&bed, ("POST", "/items", text("")), invalid("key", "out_of_range")).await;
    check(&bed, ("POST", "/items", json!([])), invalid("", "invalid")).await;
    check(&bed, ("GET", "/items/nobody", Json::Null), (404, "not_found", "-", "-")).await;
    let reader = bed.get(&format!("{PROJECT}/items")).send().await.unwrap();
    assert_eq!(answer(reader).await.1["code"], "forbidden");
    let nobody = bed.http.get(bed.url(&format!("{PROJECT}/items"))).send().await.unwrap();
    assert_eq!(answer(nobody).await.1["code"], "unauthorized");
}
