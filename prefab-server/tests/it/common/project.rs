//! Requests to the management API of the first project, with its admin key.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::{TestServer, answer};

pub(crate) const PROJECT: &str = "/api/manage/v1/projects/1";

/// Sends a request, and returns the status and the body of its response.
pub(crate) async fn ask(server: &TestServer, method: &str, path: &str, body: Json) -> (StatusCode, Json) {
    let request = server.admin(method, &format!("{PROJECT}{path}"));
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    answer(request.send().await.unwrap()).await
}

/// Sends a request that must succeed.
pub(crate) async fn done(server: &TestServer, method: &str, path: &str, body: Json) -> Json {
    let (status, answer) = ask(server, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

/// Sends a read that must succeed.
pub(crate) async fn read(server: &TestServer, path: &str) -> Json {
    done(server, "GET", path, Json::Null).await
}

/// Sends a request that must fail, and returns the status and the first problem.
pub(crate) async fn refused(server: &TestServer, method: &str, path: &str, body: Json) -> (u16, String) {
    let (status, answer) = ask(server, method, path, body).await;
    let cause = &answer["_embedded"]["errors"][0]["message"];
    (status.as_u16(), cause.as_str().unwrap_or_else(|| answer["message"].as_str().unwrap()).to_owned())
}

/// Returns the body that creates or replaces a text item.
pub(crate) fn text_item(key: &str, value: &str) -> Json {
    json!({"item": {"key": key, "type": "config", "valueType": "string",
                    "default": {"rules": [{"value": {"type": "string", "value": value}}]}}})
}

/// Sends a report of telemetry with a key, and returns the status of its response.
pub(crate) async fn report(server: &TestServer, key: &str, events: Json) -> StatusCode {
    let request = server.http.post(server.url("/api/v1/telemetry")).basic_auth("u", Some(key));
    let request = request.header("content-type", "application/json");
    request.body(json!({ "events": events }).to_string()).send().await.unwrap().status()
}
