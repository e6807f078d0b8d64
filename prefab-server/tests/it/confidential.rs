//! Confidential values: redacted in every read, revealed to publishers with an entry in the audit log.

use prefab_server::Role;
use serde_json::{Value as Json, json};

use crate::common::{TestServer, answer, people::LoggedIn};

const SECRETS: [&str; 3] = ["hunter2-of-all", "hunter2-of-production", "hunter2-in-a-draft"];

fn secret(text: &str) -> Json {
    json!({"type": "string", "value": text, "confidential": true})
}

fn item(values: [&str; 2], id: Option<&Json>) -> Json {
    json!({"item": {"id": id, "key": "db.pass", "type": "config", "valueType": "string",
                    "default": {"rules": [{"value": secret(values[0])}]},
                    "environments": [{"id": "3", "rules": [{"value": secret(values[1])}]}]}})
}

/// Creates the item in two versions, with a draft and an override.
async fn prepare(server: &TestServer) -> LoggedIn {
    let owner = LoggedIn::first(server).await;
    let made = owner.done(server, "POST", "/projects/1/items", item(["first", SECRETS[1]], None)).await;
    let id = Some(&made["id"]);
    owner.done(server, "PUT", "/projects/1/items/db.pass", item([SECRETS[0], SECRETS[1]], id)).await;
    owner.done(server, "PUT", "/projects/1/items/db.pass/draft", item([SECRETS[2], SECRETS[1]], None)).await;
    let own = json!({"environment": "Staging", "user": "9", "value": secret(SECRETS[0])});
    owner.done(server, "PUT", "/projects/1/items/db.pass/override", own).await;
    owner
}

/// Every read that returns values, and whether it can reveal them.
async fn reads(server: &TestServer, owner: &LoggedIn) -> Vec<(String, bool)> {
    let versions = owner.done(server, "GET", "/projects/1/items/db.pass/versions", Json::Null).await;
    let version = versions[0]["id"].as_str().unwrap();
    [
        ("/items", false),
        ("/items/db.pass", true),
        ("/items/db.pass/versions", false),
        (&*format!("/items/db.pass/versions/{version}"), true),
        ("/items/db.pass/diff", true),
        ("/items/db.pass/draft", true),
        ("/drafts", false),
        ("/overrides", false),
        ("/compare?left=Staging&right=Production", false),
        ("/export", true),
        ("/export?environment=Production", true),
        ("/audit", false),
    ]
    .map(|(path, can_reveal)| (format!("/projects/1{path}"), can_reveal))
    .into()
}

#[tokio::test]
async fn confidential_values_are_redacted_for_every_role_in_every_read() {
    let server = TestServer::new().await;
    let owner = prepare(&server).await;
    for role in Role::ALL {
        let person = LoggedIn::invited(&server, role.name(), role, json!([])).await;
        for (path, can_reveal) in reads(&server, &owner).await {
            let shown = person.done(&server, "GET", &path, Json::Null).await.to_string();
            assert!(!shown.contains("hunter2"), "{role:?} {path}: {shown}");
            let sign = if path.contains('?') { '&' } else { '?' };
            let (status, shown) =
                person.ask(&server, "GET", &format!("{path}{sign}reveal=true"), Json::Null).await;
            match (can_reveal, role >= Role::Publisher) {
                (true, true) => {
                    assert_eq!(status, 200, "{role:?} {path}");
                    assert!(shown.to_string().contains("hunter2"), "{role:?} {path}: {shown}");
                }
                (true, false) => assert_eq!(status, 403, "{role:?} {path}"),
                (false, _) => assert!(!shown.to_string().contains("hunter2"), "{role:?} {path}: {shown}"),
            }
        }
        // The plan of an import, for the roles that may import.
        let plan = json!({"configs": [{"key": "db.pass", "configType": "CONFIG", "valueType": "STRING",
                                       "rows": [{"values": [{"value": {"string": "x", "confidential": true}}]}]}]});
        let (_, plan) = person.ask(&server, "POST", "/projects/1/import", plan).await;
        assert!(!plan.to_string().contains("hunter2"), "{plan}");
    }
    let entries = owner.done(&server, "GET", "/projects/1/audit?action=value.revealed", Json::Null).await;
    let sentences: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["sentence"].as_str().unwrap()).collect();
    // Six reads by each of the two roles; the newest first.
    assert_eq!(sentences.len(), 12, "{sentences:?}");
    assert_eq!(
        sentences[0],
        "admin (admin@example.com) revealed the confidential values of the project in an export"
    );
    assert_eq!(
        sentences[11],
        "publisher (publisher@example.com) revealed the confidential values of `db.pass`"
    );
}

#[tokio::test]
async fn a_redacted_item_is_saved_without_losing_its_values() {
    let server = TestServer::new().await;
    let owner = prepare(&server).await;
    let editor = LoggedIn::invited(&server, "Eve", Role::Editor, json!([])).await;
    let path = "/projects/1/items/db.pass";
    let mut shown = editor.done(&server, "GET", path, Json::Null).await;
    shown["tags"] = json!(["database"]);
    editor.done(&server, "PUT", &format!("{path}/draft"), json!({ "item": shown })).await;
    owner.done(&server, "POST", &format!("{path}/draft/publish"), Json::Null).await;
    let clear = owner.done(&server, "GET", &format!("{path}?reveal=true"), Json::Null).await;
    assert_eq!(clear["tags"], json!(["database"]));
    assert_eq!(clear["default"]["rules"][0]["value"], secret(SECRETS[0]));
    // An export imports into the same project without a change, and into no other project.
    let export = owner.done(&server, "GET", "/projects/1/export", Json::Null).await;
    let plan = owner.done(&server, "POST", "/projects/1/import", export.clone()).await;
    assert_eq!((&plan["same"], &plan["problems"]), (&json!(1), &json!([])), "{plan}");
    let other = json!({"name": "Other", "environments": ["Development", "Staging", "Production"]});
    owner.done(&server, "POST", "/projects", other).await;
    let plan = owner.done(&server, "POST", "/projects/2/import", export).await;
    assert!(plan["problems"].to_string().contains("redacted"), "{plan}");
    let export = owner.done(&server, "GET", "/projects/1/export?reveal=true", Json::Null).await;
    let plan = owner.done(&server, "POST", "/projects/2/import?dryRun=false", export).await;
    assert_eq!(plan["created"], 1, "{plan}");
    // A percentage rollout may contain the redacted form, too.
    let redacted = &shown["default"]["rules"][0]["value"];
    let choices = json!([{"weight": 1, "value": redacted}, {"weight": 1, "value": secret("other")}]);
    let rollout = json!({"value": {"type": "weighted_values", "value": choices}});
    owner.done(&server, "PUT", &format!("{path}/value"), rollout).await;
    let clear = owner.done(&server, "GET", &format!("{path}?reveal=true"), Json::Null).await;
    assert_eq!(clear["default"]["rules"][0]["value"]["value"][0]["value"], secret(SECRETS[0]));
    // A redacted value has no meaning where there is nothing to restore it from.
    let new = json!({"item": {"key": "new", "type": "config", "valueType": "string",
                              "default": {"rules": [{ "value": redacted }]}}});
    assert_eq!(owner.ask(&server, "POST", "/projects/1/items", new).await.0, 400);
    let own = json!({"environment": "Staging", "user": "9", "value": redacted});
    assert_eq!(owner.ask(&server, "PUT", &format!("{path}/override"), own).await.0, 400);
}

#[tokio::test]
async fn a_value_cannot_be_moved_to_an_environment_where_it_can_be_read() {
    let server = TestServer::new().await;
    prepare(&server).await;
    let except = json!([{"environment": "Production", "role": "viewer"}]);
    let person = LoggedIn::invited(&server, "Cleo", Role::Publisher, except).await;
    let path = "/projects/1/items/db.pass";
    assert_eq!(person.ask(&server, "GET", &format!("{path}?reveal=true"), Json::Null).await.0, 403);
    let mut moved = person.done(&server, "GET", path, Json::Null).await;
    let of_production =
        moved["environments"].as_array().unwrap().iter().find(|one| one["id"] == "3").cloned();
    let rules = of_production.unwrap()["rules"].clone();
    moved["environments"].as_array_mut().unwrap().push(json!({"id": "1", "rules": rules}));
    let (status, answer) = person.ask(&server, "PUT", path, json!({ "item": moved })).await;
    assert_eq!(status, 400, "{answer}");
    let copy = json!({"from": "Production"});
    let (status, _) = person.ask(&server, "POST", "/projects/1/environments/Development/copy", copy).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn an_editor_cannot_deduce_a_value_from_the_effects_of_its_redacted_form() {
    let server = TestServer::new().await;
    let owner = prepare(&server).await;
    let editor = LoggedIn::invited(&server, "Eve", Role::Editor, json!([])).await;
    let path = "/projects/1/items/db.pass";
    let shown = editor.done(&server, "GET", path, Json::Null).await;
    let redacted = &shown["default"]["rules"][0]["value"];
    let with_criterion = |operator: &str| {
        let criterion = json!({"operator": operator, "propertyName": "user.id", "valueToMatch": redacted});
        let mut item = shown.clone();
        item["default"]["rules"] = json!([{"criteria": [criterion], "value": redacted}, {"value": redacted}]);
        item
    };
    let mut ways: Vec<Json> = [
        "IN_SEG",
        "NOT_IN_SEG",
        "PROP_MATCHES",
        "PROP_STARTS_WITH_ONE_OF",
        "PROP_SEMVER_EQUAL",
        "PROP_BEFORE",
    ]
    .map(with_criterion)
    .into();
    for (field, value) in [("valueType", "double"), ("valueType", "json"), ("type", "segment")] {
        let mut item = shown.clone();
        item[field] = value.into();
        ways.push(item);
    }
    for item in ways {
        let (status, answer) =
            editor.ask(&server, "PUT", &format!("{path}/draft"), json!({ "item": item })).await;
        assert_eq!(status, 400, "{item}: {answer}");
        assert!(answer.to_string().contains("redacted value"), "{item}: {answer}");
        assert!(!answer.to_string().contains("hunter2"), "{item}: {answer}");
    }
    // A schema is not compared with a confidential value.
    let schema = json!({"item": {"key": "probe", "type": "schema", "default": {"rules": [{"value": {
        "type": "schema", "value": {"schema": r#"{"pattern": "^z"}"#, "schemaType": "JSON_SCHEMA"}}}]}}});
    let (status, created) = owner.ask(&server, "POST", "/projects/1/items", schema).await;
    assert_eq!(status, 200, "{created}");
    let mut probed = shown.clone();
    probed["schemaKey"] = "probe".into();
    let (status, answer) =
        editor.ask(&server, "PUT", &format!("{path}/draft"), json!({ "item": probed })).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn an_export_of_one_environment_requires_the_role_for_its_rules_only() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let rules = |id: &str, text: &str| json!({"id": id, "rules": [{ "value": secret(text) }]});
    let item = json!({"item": {"key": "db.pass", "type": "config", "valueType": "string",
        "default": {"rules": [{"value": {"type": "string", "value": "none"}}]},
        "environments": [rules("1", "hunter2-of-development"), rules("3", "hunter2-of-production")]}});
    owner.done(&server, "POST", "/projects/1/items", item).await;
    let except = json!([{"environment": "Development", "role": "viewer"}]);
    let person = LoggedIn::invited(&server, "Cleo", Role::Publisher, except).await;
    let export = async |query: &str| {
        person.ask(&server, "GET", &format!("/projects/1/export?reveal=true{query}"), Json::Null).await
    };
    let (status, shown) = export("&environment=Production").await;
    assert_eq!(status, 200, "{shown}");
    let shown = shown.to_string();
    assert!(shown.contains("hunter2-of-production") && !shown.contains("hunter2-of-development"), "{shown}");
    assert_eq!(export("&environment=Development").await.0, 403);
    assert_eq!(export("").await.0, 403);
}

#[tokio::test]
async fn the_key_of_a_segment_is_not_confidential() {
    let server = TestServer::new().await;
    let owner = LoggedIn::first(&server).await;
    let mut item = item(["a", "b"], None);
    item["item"]["default"]["rules"][0]["criteria"] =
        json!([{"operator": "IN_SEG", "propertyName": "", "valueToMatch": secret("hunter2")}]);
    let (status, answer) = owner.ask(&server, "POST", "/projects/1/items", item).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer.to_string().contains("must not be confidential"), "{answer}");
}

#[tokio::test]
async fn the_api_of_the_official_command_returns_values_to_admin_keys_only() {
    let server = TestServer::new().await;
    prepare(&server).await;
    let (status, shown) =
        answer(server.admin("GET", "/api/v1/config/key/db.pass").send().await.unwrap()).await;
    assert!(status == 200 && shown.to_string().contains("hunter2"), "{shown}");
    let backend = server.get("/api/v1/config/key/db.pass").send().await.unwrap();
    assert_eq!(backend.status(), 403);
}
