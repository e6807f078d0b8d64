//! Drafts, values that are checked before they are stored, and explanations.

use crate::common::{
    TestServer, answer,
    project::{PROJECT, ask, done, refused, text_item},
};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_evaluation_is_explained_and_an_override_applies_to_one_person() {
    let server = TestServer::new().await;
    let item = json!({"item": {"key": "beta", "type": "feature_flag", "valueType": "bool",
        "variants": [{"value": {"type": "bool", "value": true}}, {"value": {"type": "bool", "value": false}}],
        "default": {"rules": [
            {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"type": "string_list", "value": ["pro"]}}],
             "value": {"type": "bool", "value": true}},
            {"value": {"type": "bool", "value": false}}]}}});
    done(&server, "POST", "/items", item).await;
    let mut question =
        json!({"key": "beta", "environment": "Production", "contexts": {"user": {"plan": "pro"}}});
    let answer = done(&server, "POST", "/explain", question.clone()).await;
    assert_eq!((&answer["value"], &answer["reason"]), (&json!(true), &json!("TARGETING_MATCH")));
    assert!(answer["text"].as_str().unwrap().contains("user.plan is one of [pro]: yes"), "{answer}");
    let own = json!({"environment": "Production", "user": "7", "value": {"type": "bool", "value": false}});
    done(&server, "PUT", "/items/beta/override", own).await;
    question["user"] = "7".into();
    assert_eq!(done(&server, "POST", "/explain", question.clone()).await["value"], false);
    assert_eq!(done(&server, "GET", "/overrides", Json::Null).await[0]["user"], "7");
    done(&server, "DELETE", "/items/beta/override?environment=Production&user=7", Json::Null).await;
    assert_eq!(done(&server, "POST", "/explain", question).await["value"], true);
}

#[tokio::test]
async fn an_explanation_names_the_namespace_that_matched() {
    let server = TestServer::new().await;
    let item = json!({"item": {"key": "jobs", "type": "config", "valueType": "int",
        "default": {"rules": [{"value": {"type": "int", "value": 30}}]}}});
    done(&server, "POST", "/items", item).await;
    for (namespace, value) in [("services", 40), ("services.users", 50)] {
        let value = json!({"value": {"type": "int", "value": value}, "namespace": namespace,
            "environment": "Production"});
        done(&server, "PUT", "/items/jobs/value", value).await;
    }
    for (namespace, value, matched) in [
        (json!("services.users.web"), 50, json!("services.users")),
        (json!("services.cron"), 40, json!("services")),
        (json!("services2"), 30, Json::Null),
        (Json::Null, 30, Json::Null),
    ] {
        let question = json!({"key": "jobs", "environment": "Production", "namespace": namespace});
        let answer = done(&server, "POST", "/explain", question).await;
        assert_eq!((&answer["value"], &answer["namespace"]), (&json!(value), &matched), "{answer}");
    }
    let question = json!({"key": "jobs", "environment": "Production", "namespace": "services."});
    let (status, cause) = refused(&server, "POST", "/explain", question).await;
    assert_eq!(status, 400);
    assert!(cause.contains("expected names separated by dots"), "{cause}");
}

#[tokio::test]
async fn a_protected_environment_requires_approval_of_a_draft() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    done(&server, "PATCH", "/environments/Production", json!({"needsApproval": true})).await;
    let saved = done(&server, "PUT", "/items/k/draft", text_item("k", "2")).await;
    assert_eq!((&saved["needsApproval"], &saved["isStale"]), (&json!(true), &json!(false)));
    assert_eq!(saved["differences"], json!(["default: from \"1\" to \"2\""]));
    assert_eq!(done(&server, "GET", "/drafts", Json::Null).await[0]["key"], "k");
    assert_eq!(ask(&server, "POST", "/items/k/draft/publish", Json::Null).await.0, 409);
    assert_eq!(ask(&server, "POST", "/items/k/draft/approve", Json::Null).await.0, 409);
    let wish = json!({"name": "bea", "environment": "Development", "kind": "admin", "user": "2"});
    let second = done(&server, "POST", "/keys", wish).await;
    let path = server.url(&format!("{PROJECT}/items/k/draft/approve"));
    let approved = server.http.post(path).bearer_auth(second["key"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(
        answer(approved).await.1["approvedBy"],
        format!("key {} (bea)", second["id"].as_str().unwrap())
    );
    done(&server, "POST", "/items/k/draft/publish", json!({"comment": "agreed"})).await;
    assert_eq!(ask(&server, "GET", "/items/k/draft", Json::Null).await.0, 404);
    let item = done(&server, "GET", "/items/k", Json::Null).await;
    assert_eq!(item["default"]["rules"][0]["value"]["value"], "2");
    let reply = done(&server, "GET", "/audit?action=draft", Json::Null).await;
    assert!(reply[0]["sentence"].as_str().unwrap().ends_with("(bea) approved the draft of `k`"), "{reply}");
}

#[tokio::test]
async fn a_stale_draft_cannot_be_published() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    done(&server, "PUT", "/items/k/draft", text_item("k", "2")).await;
    server.set("k", "3").await;
    assert_eq!(done(&server, "GET", "/items/k/draft", Json::Null).await["isStale"], true);
    assert_eq!(ask(&server, "POST", "/items/k/draft/publish", Json::Null).await.0, 409);
    done(&server, "PUT", "/items/k/draft", json!({})).await;
    done(&server, "POST", "/items/k/draft/publish", Json::Null).await;
    assert_eq!(ask(&server, "GET", "/items/k", Json::Null).await.0, 404);
}

#[tokio::test]
async fn json_follows_its_schema_or_is_refused() {
    let server = TestServer::new().await;
    let schema = |schema: Json| {
        json!({"item": {"key": "limits-schema", "type": "schema", "default": {"rules": [
            {"value": {"type": "schema", "value": {"schema": schema.to_string(), "schemaType": "JSON_SCHEMA"}}}]}}})
    };
    let limits = |value: Json| {
        json!({"item": {"key": "limits", "type": "config", "valueType": "json", "schemaKey": "limits-schema",
                        "default": {"rules": [{"value": {"type": "json", "value": value}}]}}})
    };
    let (_, cause) = refused(&server, "POST", "/items", limits(json!({"max": 3}))).await;
    assert_eq!(cause, "`schemaKey`: schema `limits-schema` does not exist");
    let (_, cause) = refused(&server, "POST", "/items", schema(json!({"type": "strng"}))).await;
    assert!(cause.starts_with("the schema is not JSON Schema"), "{cause}");
    let described =
        json!({"type": "object", "properties": {"max": {"type": "integer"}}, "required": ["max"]});
    let made = done(&server, "POST", "/items", schema(described)).await;
    let (_, cause) = refused(&server, "POST", "/items", limits(json!({"max": "3"}))).await;
    assert_eq!(cause, "`rows[0].values[0].value.json` at /max: \"3\" is not of type \"integer\"");
    done(&server, "POST", "/items", limits(json!({"max": 3}))).await;
    let mut narrower = schema(json!({"properties": {"max": {"maximum": 2}}}));
    narrower["item"]["id"] = made["id"].clone();
    let (_, cause) = refused(&server, "PUT", "/items/limits-schema", narrower).await;
    assert!(cause.starts_with("config `limits` would not match it"), "{cause}");
    assert_eq!(done(&server, "GET", "/items/limits-schema/used-by", Json::Null).await, json!(["limits"]));
    let (status, cause) = refused(&server, "DELETE", "/items/limits-schema", Json::Null).await;
    assert_eq!((status, cause.as_str()), (409, "schema `limits-schema` is used by `limits`"));
}

#[tokio::test]
async fn validation_names_the_place_of_each_problem() {
    let server = TestServer::new().await;
    let schema = json!({"type": "object", "required": ["name"], "properties": {"limits": {"items": {"type": "integer"}}}});
    let schema = json!({"schemaType": "JSON_SCHEMA", "schema": schema.to_string()});
    let item = json!({"key": "shape", "type": "schema", "default": {"rules": [{"value": {"type": "schema", "value": schema}}]}});
    done(&server, "POST", "/items", json!({"item": item})).await;
    let check = async |kind: &str, value: &str, flaws: Json| {
        let body = json!({"schemaKey": "shape", "value": {"type": kind, "value": value}});
        let reply = done(&server, "POST", "/validate", body).await;
        let reply: Vec<Json> = reply
            .as_array()
            .unwrap()
            .iter()
            .map(|flaw| json!([flaw["pointer"], flaw["line"], flaw["message"]]))
            .collect();
        assert_eq!(Json::from(reply), flaws, "{value}");
    };
    check("json", r#"{"name": "a", "limits": [1]}"#, json!([])).await;
    let (name, limit) = ("\"name\" is a required property", "\"x\" is not of type \"integer\"");
    let both = r#"{"limits": [1, "x"]}"#;
    check("json", both, json!([["", null, name], ["/limits/1", null, limit]])).await;
    check("string", both, json!([["", null, name], ["/limits/1", null, limit]])).await;
    check("json", "{\n\"name\" 1}", json!([[null, 2, "expected `:`"]])).await;
    check("string", "hello", json!([["", null, "\"hello\" is not of type \"object\""]])).await;
    let missing = json!({"schemaKey": "unknown", "value": {"type": "json", "value": "{}"}});
    assert_eq!(
        done(&server, "POST", "/validate", missing).await[0]["message"],
        "schema `unknown` does not exist"
    );
    let broken = json!({"value": {"type": "schema", "value": {"schemaType": "JSON_SCHEMA", "schema": "{\"type\": 3}"}}});
    assert_eq!(done(&server, "POST", "/validate", broken).await[0]["pointer"], "/type");
    // Publishing rejects the same values.
    let mut item = text_item("shaped", both);
    item["item"]["schemaKey"] = "shape".into();
    let (status, cause) = refused(&server, "POST", "/items", item).await;
    assert_eq!(status, 400);
    assert!(cause.ends_with(&format!(".string`: {name}")), "{cause}");
}

#[tokio::test]
async fn an_old_version_and_a_draft_can_be_explained() {
    let server = TestServer::new().await;
    let first = done(&server, "POST", "/items", text_item("k", "one")).await;
    let second =
        done(&server, "PUT", "/items/k/value", json!({"value": {"type": "string", "value": "two"}})).await;
    done(&server, "PUT", "/items/k/draft", text_item("k", "three")).await;
    let explained = async |version: Json| {
        let question = json!({"key": "k", "environment": "Production", "version": version});
        let answer = done(&server, "POST", "/explain", question).await;
        json!([answer["value"], answer["version"]])
    };
    assert_eq!(explained(Json::Null).await, json!(["two", second["id"]]));
    assert_eq!(explained(first["id"].clone()).await, json!(["one", first["id"]]));
    assert_eq!(explained("draft".into()).await, json!(["three", null]));
    assert_eq!(explained(Json::Null).await, json!(["two", second["id"]]));
    let question = json!({"key": "k", "environment": "Production", "version": "7"});
    let cause = "`version`: `k` has no version 7 with values";
    assert_eq!(refused(&server, "POST", "/explain", question).await, (400, cause.to_owned()));
}
