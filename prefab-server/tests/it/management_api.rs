//! Our own management API: what it does, and how it refuses.

mod drafts;
mod keys;
mod transfer;

use crate::common::{
    TestServer, answer,
    project::{PROJECT, ask, done, refused, text_item},
};
use prefab_server::KeyKind;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_item_can_be_changed_reverted_archived_and_restored() {
    let server = TestServer::new().await;
    let first = done(&server, "POST", "/items", text_item("greeting", "hello")).await;
    let value = json!({"value": {"type": "string", "value": "good day"}, "environment": "Production",
                       "comment": "more formal"});
    done(&server, "PUT", "/items/greeting/value", value).await;
    let item = done(&server, "GET", "/items/greeting", Json::Null).await;
    assert_eq!(item["environments"][0]["rules"][0]["value"]["value"], "good day");
    let versions = done(&server, "GET", "/items/greeting/versions", Json::Null).await;
    assert_eq!(versions[0]["comment"], "more formal");
    assert_eq!(versions[0]["previousId"], first["id"]);
    let reply = versions[0]["sentence"].as_str().unwrap();
    assert!(reply.ends_with("changed `greeting`: Production: \"good day\""), "{reply}");
    let diff = done(&server, "GET", "/items/greeting/diff", Json::Null).await;
    assert_eq!(diff["differences"], json!(["Production: \"good day\""]));
    done(&server, "POST", "/items/greeting/revert", json!({"to": first["id"]})).await;
    let item = done(&server, "GET", "/items/greeting", Json::Null).await;
    assert_eq!(item["environments"], json!([]));
    done(&server, "DELETE", "/items/greeting", Json::Null).await;
    assert_eq!(ask(&server, "GET", "/items/greeting", Json::Null).await.0, 404);
    assert_eq!(done(&server, "GET", "/archived", Json::Null).await[0]["key"], "greeting");
    done(&server, "POST", "/items/greeting/restore", Json::Null).await;
    assert_eq!(ask(&server, "POST", "/items/greeting/restore", Json::Null).await.0, 409);
    let versions = done(&server, "GET", "/items/greeting/versions", Json::Null).await;
    assert_eq!(versions.as_array().unwrap().len(), 5);
    let page = done(&server, "GET", "/items?search=GREET&type=config", Json::Null).await;
    assert_eq!(page["items"][0]["kind"], "string config");
}

#[tokio::test]
async fn problems_name_their_place() {
    let server = TestServer::new().await;
    let check = async |path: &str, body: Json, cause: &str| {
        let (status, reply) = refused(&server, "POST", path, body).await;
        // Where in the text it is may follow.
        assert!(status == 400 && reply.starts_with(cause), "{status}: {reply}");
    };
    let mut item = text_item("k", "v");
    item["item"]["default"]["rules"][0]["value"]["type"] = "strng".into();
    let (status, cause) = refused(&server, "POST", "/items", item).await;
    assert_eq!(status, 400);
    assert!(
        cause.starts_with("`item.default.rules[0].value.type`: unknown variant `strng`, expected one of")
    );
    let mut item = text_item("k", "v");
    item["item"]["default"]["rules"][0]["value"]["value"] = 3.into();
    check("/items", item, "`item.default.rules[0].value.value`: expected a string, not 3").await;
    check("/items", json!({"item": {"key": "k"}}), "`item`: missing field `type`").await;
    check("/items", json!([]), "the body: invalid length 0, expected struct ItemRequest with 2 elements")
        .await;
    let question = json!({"key": "k", "environment": "Prod"});
    let cause =
        "`environment`: unknown environment \"Prod\"; expected one of Development, Staging, Production";
    check("/explain", question, cause).await;
    let (status, cause) = refused(&server, "GET", "/items?lmit=3", Json::Null).await;
    assert_eq!(status, 400);
    assert!(cause.contains("unknown field `lmit`"), "{cause}");
    assert_eq!(ask(&server, "GET", "/items/unknown", Json::Null).await.0, 404);
    let other = server.admin("GET", "/api/manage/v1/projects/2/items").send().await.unwrap();
    assert_eq!(other.status(), 404);
    let reader = server.get(&format!("{PROJECT}/items")).send().await.unwrap();
    assert_eq!(reader.status(), 403);
}

#[tokio::test]
async fn two_editors_cannot_silently_overwrite_one_another() {
    let server = TestServer::new().await;
    let first = done(&server, "POST", "/items", text_item("k", "1")).await;
    assert_eq!(ask(&server, "POST", "/items", text_item("k", "2")).await.0, 409);
    let mut next = text_item("k", "2");
    assert_eq!(ask(&server, "PUT", "/items/k", next.clone()).await.0, 400);
    next["item"]["id"] = first["id"].clone();
    done(&server, "PUT", "/items/k", next.clone()).await;
    assert_eq!(ask(&server, "PUT", "/items/k", next).await.0, 409);
}

#[tokio::test]
async fn new_environments_are_served_and_can_require_comments() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    let made = done(&server, "POST", "/environments", json!({"name": "Test"})).await;
    assert_eq!(ask(&server, "POST", "/environments", json!({"name": "Test"})).await.0, 409);
    let wish = json!({"name": "tests", "environment": "Test"});
    let key = done(&server, "POST", "/keys", wish).await;
    let url = server.url("/api/v1/configs/0");
    let configs = async || {
        let request = server.http.get(&url).basic_auth("u", key["key"].as_str());
        request.header("accept", "application/json").send().await.unwrap().text().await.unwrap()
    };
    assert!(configs().await.contains("\"string\":\"1\""));
    let mut stream = crate::common::Stream::open(
        server.http.get(server.url("/api/v1/sse/config")).basic_auth("u", key["key"].as_str()),
    )
    .await;
    let path = format!("/environments/{}", made["id"].as_str().unwrap());
    done(&server, "PATCH", &path, json!({"name": "Trial", "needsComment": true})).await;
    let mut value = json!({"value": {"type": "string", "value": "2"}, "environment": "trial"});
    let cause = "`comment`: environment `Trial` requires a comment with every change";
    assert_eq!(refused(&server, "PUT", "/items/k/value", value.clone()).await, (400, cause.to_owned()));
    value["comment"] = "because".into();
    done(&server, "PUT", "/items/k/value", value).await;
    // The stream that was opened before the environment was renamed continues.
    while !stream.data().await.is_none_or(|data| data.contains("Eg")) {}
    assert!(configs().await.contains("\"string\":\"2\""));
    let unequal = done(&server, "GET", "/compare?left=Trial&right=Staging", Json::Null).await;
    assert_eq!(unequal, json!([{"key": "k", "left": ["\"2\""], "right": null}]));
    let copied = done(&server, "POST", "/environments/Staging/copy", json!({"from": "Trial"})).await;
    assert_eq!(copied, json!({"isDone": true, "keys": ["k"]}));
    done(&server, "PATCH", "/environments/Production", json!({"needsApproval": true})).await;
    let (status, cause) = refused(&server, "POST", "/items", text_item("l", "1")).await;
    assert_eq!(status, 409);
    assert!(cause.contains("approval of a second person"), "{cause}");
}

#[tokio::test]
async fn the_api_serves_its_openapi_document() {
    let server = TestServer::new().await;
    let document = server.http.get(server.url("/api/manage/v1/openapi.json")).send().await.unwrap();
    let document: Json = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
    assert!(document["paths"]["/api/manage/v1/projects/{project}/items/{key}"]["put"].is_object());
    let reader = server.key("Development", KeyKind::Backend);
    let answer =
        server.http.get(server.url("/api/manage/v1/projects")).bearer_auth(reader).send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn tags_are_exported_but_not_sent_to_sdks() {
    let server = TestServer::new().await;
    let mut item = text_item("k", "one");
    item["item"]["tags"] = json!(["checkout", "team blue"]);
    item["comment"] = "the first".into();
    let first = done(&server, "POST", "/items", item.clone()).await;
    done(&server, "POST", "/items", text_item("other", "x")).await;
    let found = done(&server, "GET", "/items?tag=team%20blue", Json::Null).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["tags"], json!(["checkout", "team blue"]));
    assert_eq!(found["items"][0]["comment"], "the first");
    item["item"]["id"] = first["id"].clone();
    item["item"]["tags"] = json!(["checkout"]);
    done(&server, "PUT", "/items/k/draft", item.clone()).await;
    let draft = done(&server, "GET", "/items/k/draft", Json::Null).await;
    assert_eq!(draft["differences"], json!(["tags from [checkout, team blue] to [checkout]"]));
    done(&server, "POST", "/items/k/draft/publish", Json::Null).await;
    let tags = async || done(&server, "GET", "/items/k", Json::Null).await["tags"].clone();
    assert_eq!(tags().await, json!(["checkout"]));
    done(&server, "PUT", "/items/k/value", json!({"value": {"type": "string", "value": "two"}})).await;
    server.set("k", "three").await;
    assert_eq!(tags().await, json!(["checkout"]), "a value has nothing to do with tags");
    let diff =
        done(&server, "GET", &format!("/items/k/diff?to={}", draft["base"].as_str().unwrap()), Json::Null)
            .await;
    let reply = json!(["created the string config", "tags [checkout, team blue]", "default: \"one\""]);
    assert_eq!(diff["differences"], reply);
    done(&server, "POST", "/items/k/revert", json!({"to": first["id"]})).await;
    assert_eq!(tags().await, json!(["checkout", "team blue"]));

    let export = done(&server, "GET", "/export", Json::Null).await;
    assert_eq!(export["configs"][0]["tags"], json!(["checkout", "team blue"]));
    let elsewhere = TestServer::new().await;
    done(&elsewhere, "POST", "/import?dryRun=false", export).await;
    let item = done(&elsewhere, "GET", "/items/k", Json::Null).await;
    assert_eq!(item["tags"], json!(["checkout", "team blue"]));
    let sent = done(&server, "GET", "/export?environment=Production", Json::Null).await;
    let unfiltered = server.admin("GET", "/api/v1/configs/download-unfiltered").send().await.unwrap();
    let unfiltered = unfiltered.text().await.unwrap();
    assert!(unfiltered.contains("three") || unfiltered.contains("one"), "{unfiltered}");
    assert!(!sent.to_string().contains("team blue") && !unfiltered.contains("team blue"), "{sent}");

    // Official tools do not support tags and do not remove them.
    let standing = done(&server, "GET", "/items/k", Json::Null).await;
    let mut official = crate::common::text_config("k", "four");
    official["id"] = standing["id"].clone();
    assert_eq!(server.post("/api/v1/config/", official).await.0, 200);
    assert_eq!(tags().await, json!(["checkout", "team blue"]));
    let mut wrong = text_item("l", "1");
    wrong["item"]["tags"] = json!(["a,b"]);
    let cause = "`tags[0]`: expected 1 to 40 characters without commas, nor spaces around them";
    assert_eq!(refused(&server, "POST", "/items", wrong).await, (400, cause.to_owned()));
}

#[tokio::test]
async fn an_unchanged_list_returns_not_modified() {
    let server = TestServer::new().await;
    let configs: Vec<Json> =
        (0..500).map(|at| crate::common::text_config(&format!("key-{at}"), "v")).collect();
    done(&server, "POST", "/import?dryRun=false", json!({ "configs": configs })).await;
    let path = format!("{PROJECT}/items?limit=10000&usage=false");
    let first = server.admin("GET", &path).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(first.headers()["content-encoding"], "gzip");
    assert_eq!(first.headers()["cache-control"], "private, no-cache");
    let tag = first.headers()["etag"].clone();
    let packed = first.bytes().await.unwrap();
    assert!(packed.len() < 30_000, "{} bytes", packed.len());
    let again = server.admin("GET", &path).header("if-none-match", tag.clone()).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let plain = server.admin("GET", &path).header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    server.set("key-7", "w").await;
    let (status, page) =
        answer(server.admin("GET", &path).header("if-none-match", tag).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), page["items"].as_array().unwrap().len()), (200, 500));
    assert!(page["items"][0].get("sparkline").is_none(), "{}", page["items"][0]);
    assert_eq!(done(&server, "GET", "/usage", Json::Null).await, json!([]));
    let page = done(&server, "GET", "/items?limit=1", Json::Null).await;
    assert_eq!(page["items"][0]["sparkline"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn a_list_contains_the_values_of_the_requested_environments() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "v")).await;
    let states = async |query: &str| {
        let page = done(&server, "GET", &format!("/items?{query}"), Json::Null).await;
        let states = page["items"][0]["states"].as_array().unwrap().iter();
        states.map(|state| state["environment"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states("limit=1").await, ["1", "2", "3"]);
    assert_eq!(states("environments=3,1").await, ["1", "3"]);
    assert!(states("environments=").await.is_empty());
    let cause = "`environments`: expected the numbers of environments, separated by commas, such as 1,3";
    for unknown in ["9", "1,9", "Production"] {
        let path = format!("/items?environments={unknown}");
        assert_eq!(refused(&server, "GET", &path, Json::Null).await, (400, cause.to_owned()));
    }
}

#[tokio::test]
async fn a_boolean_flag_without_variants_gets_true_and_false() {
    let server = TestServer::new().await;
    let rules = json!({"rules": [{"value": {"type": "bool", "value": false}}]});
    let flag = json!({"item": {"key": "f", "type": "feature_flag", "valueType": "bool", "default": rules}});
    done(&server, "POST", "/items", flag).await;
    // By the API of the official SDKs, with and without a declared type, and by an import.
    for (key, value_type) in [("official", json!(5)), ("undeclared", json!(0))] {
        let rows = json!([{"properties": {}, "values": [{"criteria": [], "value": {"bool": true}}]}]);
        let config = json!({"key": key, "configType": 2, "valueType": value_type, "rows": rows});
        let (status, answer) = server.post("/api/v1/config/", config).await;
        assert_eq!(status, 200, "{answer}");
    }
    let imported = json!({"configs": [{"key": "imported", "configType": "FEATURE_FLAG", "valueType": "BOOL",
        "rows": [{"values": [{"value": {"bool": true}}]}]}]});
    done(&server, "POST", "/import?dryRun=false", imported).await;
    let configs = server.configs("/api/v1/configs/0").await.configs;
    assert_eq!(configs.len(), 4);
    for config in configs {
        assert_eq!(config.allowable_values, [true.into(), false.into()], "{}", config.key);
    }
}
