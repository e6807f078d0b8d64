//! Our own management API: what it does, and how it refuses.

use crate::common::{
    TestServer, answer,
    project::{PROJECT, ask, done, refused, text_item},
};
use prefab_server::KeyKind;
use prefab_testing::eventually_some;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_item_lives_through_all_its_versions() {
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
    let said = versions[0]["sentence"].as_str().unwrap();
    assert!(said.ends_with("changed `greeting`: Production: \"good day\""), "{said}");
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
async fn what_is_wrong_is_said_with_its_place() {
    let server = TestServer::new().await;
    let check = async |path: &str, body: Json, cause: &str| {
        let (status, said) = refused(&server, "POST", path, body).await;
        // Where in the text it is may follow.
        assert!(status == 400 && said.starts_with(cause), "{status}: {said}");
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
    check("/items", item, "`item.default.rules[0].value.value`: expected a text, not 3").await;
    check("/items", json!({"item": {"key": "k"}}), "`item`: missing field `type`").await;
    check("/items", json!([]), "the body: invalid length 0, expected struct Written with 2 elements").await;
    let question = json!({"key": "k", "environment": "Prod"});
    let cause = "`environment`: there is no environment \"Prod\"; there are Development, Staging, Production";
    check("/explain", question, cause).await;
    let (status, cause) = refused(&server, "GET", "/items?lmit=3", Json::Null).await;
    assert_eq!(status, 400);
    assert!(cause.contains("unknown field `lmit`"), "{cause}");
    assert_eq!(ask(&server, "GET", "/items/nobody", Json::Null).await.0, 404);
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
async fn environments_come_live_and_demand_comments() {
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
    let cause = "`comment`: environment `Trial` takes no change without one; say why";
    assert_eq!(refused(&server, "PUT", "/items/k/value", value.clone()).await, (400, cause.to_owned()));
    value["comment"] = "because".into();
    done(&server, "PUT", "/items/k/value", value).await;
    // The stream that was open before the environment was renamed goes on.
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
async fn keys_are_made_listed_rotated_and_ended() {
    let server = TestServer::new().await;
    let made = done(&server, "POST", "/keys", json!({"name": "ci", "environment": "Staging"})).await;
    let (id, text) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let status = async |key: &str| {
        server
            .http
            .get(server.url("/api/v1/configs/0"))
            .basic_auth("u", Some(key))
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(status(text).await, 200);
    let keys = done(&server, "GET", "/keys", Json::Null).await;
    let shown = keys.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    assert_eq!((shown["name"].as_str(), shown["kind"].as_str()), (Some("ci"), Some("backend")));
    assert!(!keys.to_string().contains(text));
    let next = done(&server, "POST", &format!("/keys/{id}/rotate"), json!({"overlapSeconds": 60})).await;
    assert_eq!(status(text).await, 200);
    let next_text = next["key"].as_str().unwrap();
    assert_eq!(status(next_text).await, 200);
    done(&server, "DELETE", &format!("/keys/{id}"), Json::Null).await;
    assert_eq!(status(text).await, 401);
    assert_eq!(status(next_text).await, 200);
    let rotated = next["id"].as_str().unwrap();
    done(&server, "POST", &format!("/keys/{rotated}/rotate"), json!({"overlapSeconds": 0})).await;
    assert_eq!(status(next_text).await, 401);
}

#[tokio::test]
async fn the_use_of_keys_is_written_down() {
    let server = TestServer::new().await;
    let key = server.key("Staging", KeyKind::Backend);
    let id = key.split_once('-').unwrap().0;
    let ask_with = async |key: &str| {
        server
            .http
            .get(server.url("/api/v1/configs/0"))
            .basic_auth("u", Some(key))
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(ask_with(&key).await, 200);
    assert_eq!(ask_with(&format!("{key}0")).await, 401);
    eventually_some("the use of the key is stored", async || {
        let keys = done(&server, "GET", "/keys", Json::Null).await;
        let used = keys.as_array().unwrap().iter().any(|key| key["id"] == id && !key["lastUsedAt"].is_null());
        let refused = done(&server, "GET", "/audit?action=key.refused", Json::Null).await;
        let sentence = format!("key {id} was refused: only its number is right");
        (used && refused[0]["sentence"] == sentence).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_says_who_did_what() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    server.set("k", "2").await;
    done(&server, "POST", "/environments", json!({"name": "Test"})).await;
    let entries = done(&server, "GET", "/audit?action=config&subject=k", Json::Null).await;
    let said: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["sentence"].as_str().unwrap()).collect();
    assert_eq!(
        said,
        [
            "key 3 changed `k`: default: from \"1\" to \"2\"",
            "key 3 changed `k`: created the string config; default: \"1\"",
        ]
    );
    assert_eq!(entries[0]["from"], "127.0.0.1");
    let lines = server.admin("GET", &format!("{PROJECT}/audit.jsonl?text=ENVIRONMENT")).send().await.unwrap();
    let lines = lines.text().await.unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert!(lines.contains("created environment `Test`"), "{lines}");
}

#[tokio::test]
async fn an_answer_is_explained_and_an_override_holds_for_one_person() {
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
async fn an_export_comes_back_as_it_was() {
    let (from, to) = (TestServer::new().await, TestServer::new().await);
    let plan = json!({"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"type": "string_list", "value": ["pro"]}});
    let segment = |key: &str, criterion: Json| {
        json!({"item": {"key": key, "type": "segment", "default": {"rules": [
            {"criteria": [criterion], "value": {"type": "bool", "value": true}}]}}})
    };
    done(&from, "POST", "/items", segment("z-inner", plan)).await;
    let within = json!({"operator": "IN_SEG", "valueToMatch": {"type": "string", "value": "z-inner"}});
    done(&from, "POST", "/items", segment("a-outer", within)).await;
    done(&from, "POST", "/items", text_item("k", "1")).await;
    assert_eq!(done(&from, "GET", "/items/z-inner/used-by", Json::Null).await, json!(["a-outer"]));
    let export = done(&from, "GET", "/export", Json::Null).await;
    let plan = done(&to, "POST", "/import", export.clone()).await;
    assert_eq!((&plan["isDone"], &plan["created"]), (&json!(false), &json!(3)));
    assert_eq!(done(&to, "GET", "/items", Json::Null).await["items"], json!([]));
    done(&to, "POST", "/import?dryRun=false", export.clone()).await;
    assert_eq!(done(&to, "GET", "/export", Json::Null).await.to_string(), export.to_string());
    let again = done(&to, "POST", "/import?dryRun=false", export).await;
    assert_eq!((&again["same"], &again["changed"]), (&json!(3), &json!(0)));
}

/// An export of which two things cannot be taken: a pattern, and rules for an environment that is nowhere. Others
/// refer to the pattern's segment, one through another.
fn broken_export() -> Json {
    let text = |key: &str, rows: Json| json!({"key": key, "configType": "CONFIG", "valueType": "STRING", "rows": rows});
    let plain = json!({"values": [{"value": {"string": "x"}}]});
    let when = |criterion: Json| json!([{"values": [{"criteria": [criterion], "value": {"bool": true}}, {"value": {"bool": false}}]}]);
    let segment = |key: &str, criterion: Json| json!({"key": key, "configType": "SEGMENT", "valueType": "BOOL", "rows": when(criterion)});
    let within = |key: &str| json!({"operator": "IN_SEG", "valueToMatch": {"string": key}});
    let pattern =
        json!({"propertyName": "user.email", "operator": "PROP_MATCHES", "valueToMatch": {"string": "(["}});
    let flag = json!({"key": "flag", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": when(within("outer")),
                      "allowableValues": [{"bool": true}, {"bool": false}]});
    json!({"configs": [
        text("good", json!([plain])),
        text("elsewhere", json!([{"projectEnvId": "99", "values": plain["values"]}])),
        segment("pattern", pattern), segment("outer", within("pattern")), flag]})
}

#[tokio::test]
async fn an_import_takes_the_rest_if_it_is_told_to() {
    let server = TestServer::new().await;
    let (status, problems) = refused(&server, "POST", "/import?dryRun=false", broken_export()).await;
    assert_eq!((status, problems.contains("config `elsewhere`")), (400, true), "{problems}");
    assert_eq!(done(&server, "GET", "/items", Json::Null).await["items"], json!([]), "all or nothing");
    let plan = done(&server, "POST", "/import?skipBroken=true", broken_export()).await;
    assert_eq!((&plan["isDone"], &plan["created"]), (&json!(false), &json!(1)), "{plan}");
    let taken = done(&server, "POST", "/import?skipBroken=true&dryRun=false", broken_export()).await;
    assert_eq!((&taken["isDone"], &taken["created"]), (&json!(true), &json!(1)), "{taken}");
    let told = taken["problems"].to_string();
    for key in ["elsewhere", "pattern", "outer", "flag"] {
        assert!(told.contains(&format!("config `{key}`: ")), "`{key}` was left out: {told}");
    }
    let items = done(&server, "GET", "/items", Json::Null).await;
    let keys: Vec<&Json> = items["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, ["good"]);
}

#[tokio::test]
async fn a_change_history_can_be_brought_along() {
    let (from, to) = (TestServer::new().await, TestServer::new().await);
    let pro = json!({"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF", "valueToMatch": {"type": "string_list", "value": ["pro"]}});
    let flag = json!({"item": {"key": "beta", "type": "feature_flag", "valueType": "bool",
        "variants": [{"value": {"type": "bool", "value": true}}, {"value": {"type": "bool", "value": false}}],
        "default": {"rules": [{"value": {"type": "bool", "value": false}}]},
        "environments": [{"id": "Production", "rules": [
            {"criteria": [pro], "value": {"type": "bool", "value": true}},
            {"value": {"type": "weighted_values", "hashByPropertyName": "user.key", "value": [
                {"weight": 1, "value": {"type": "bool", "value": true}},
                {"weight": 9, "value": {"type": "bool", "value": false}}]}}]}]}});
    done(&from, "POST", "/items", flag).await;
    done(&from, "POST", "/items", text_item("k", "1")).await;
    done(&from, "POST", "/items", text_item("gone", "1")).await;
    from.set("k", "2").await;
    from.delete("gone").await;
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/change-history?includeNewVersion=true&limit=2&cursor={cursor}");
        let page = answer(from.admin("GET", &path).send().await.unwrap()).await.1;
        cursor = page["cursor"].as_str().unwrap_or_default().to_owned();
        pages.push(page);
        if cursor.is_empty() {
            break;
        }
    }
    assert!(pages.len() > 2);
    let plan = done(&to, "POST", "/import?dryRun=false", pages.into()).await;
    assert_eq!((&plan["created"], &plan["isDone"]), (&json!(2), &json!(true)));
    assert!(
        plan["text"].as_str().unwrap().contains("+ k: created the string config; default: \"2\""),
        "{plan}"
    );
    let export = async |server: &TestServer| done(server, "GET", "/export", Json::Null).await.to_string();
    assert_eq!(export(&from).await, export(&to).await);
}

#[tokio::test]
async fn a_datafile_leaves_other_environments_alone() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    for environment in ["Staging", "Production"] {
        let value = json!({"value": {"type": "string", "value": environment}, "environment": environment});
        done(&server, "PUT", "/items/k/value", value).await;
    }
    let datafile = done(&server, "GET", "/export?environment=Staging", Json::Null).await;
    let value = json!({"value": {"type": "string", "value": "2"}, "environment": "Staging"});
    done(&server, "PUT", "/items/k/value", value).await;
    let plan = done(&server, "POST", "/import?dryRun=false", datafile).await;
    assert_eq!(plan["steps"][0]["differences"], json!(["Staging: from \"2\" to \"Staging\""]));
    let item = done(&server, "GET", "/items/k", Json::Null).await;
    assert_eq!(item["environments"].as_array().unwrap().len(), 2, "{item}");
}

#[tokio::test]
async fn changes_are_told_newest_first_for_moving_away() {
    let server = TestServer::new().await;
    server.create("k", "1").await;
    server.set("k", "2").await;
    server.delete("k").await;
    let page = async |cursor: &str| {
        let path = format!("/api/v1/change-history?expands=changedBy&includeNewVersion=true&limit=2{cursor}");
        answer(server.admin("GET", &path).send().await.unwrap()).await.1
    };
    let first = page("").await;
    assert_eq!(first["changes"][0]["deleted"], true);
    assert_eq!(first["changes"][1]["summary"], "`k`: default: from \"1\" to \"2\"");
    assert_eq!(
        first["changes"][1]["newConfig"]["default"]["rules"][0]["value"],
        json!({"type": "string", "value": "2"})
    );
    let second = page(&format!("&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!(second["changes"].as_array().unwrap().len(), 1);
    assert!(second["cursor"].is_null());
}

#[tokio::test]
async fn the_api_describes_itself() {
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
async fn a_draft_takes_a_second_person_where_that_is_wanted() {
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
    let said = done(&server, "GET", "/audit?action=draft", Json::Null).await;
    assert!(said[0]["sentence"].as_str().unwrap().ends_with("(bea) approved the draft of `k`"), "{said}");
}

#[tokio::test]
async fn a_stale_draft_overwrites_nothing() {
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
async fn secrets_get_a_new_key_all_or_none() {
    let server = TestServer::new().await;
    for key in ["old-key", "new-key"] {
        let provided = json!({"type": "provided", "value": {"source": "ENV_VAR", "lookup": "KEY"}, "confidential": true});
        let item = json!({"item": {"key": key, "type": "config", "valueType": "string",
                                   "default": {"rules": [{"value": provided}]}}});
        done(&server, "POST", "/items", item).await;
    }
    for (key, cipher) in [("a", "c1"), ("b", "c2")] {
        let mut item = text_item(key, cipher);
        item["item"]["default"]["rules"][0]["value"]["decryptWith"] = "old-key".into();
        item["item"]["default"]["rules"][0]["value"]["confidential"] = true.into();
        done(&server, "POST", "/items", item).await;
    }
    let mut secrets = done(&server, "GET", "/secrets?decryptWith=old-key", Json::Null).await;
    assert_eq!(secrets.as_array().unwrap().len(), 2);
    assert_eq!(
        secrets[0]["values"],
        json!([{"environment": null, "rule": 0, "cipherText": "c1", "decryptWith": "old-key"}])
    );
    let first = secrets.clone();
    for (at, cipher) in ["d1", "d2"].into_iter().enumerate() {
        secrets[at]["values"][0]["cipherText"] = cipher.into();
        secrets[at]["values"][0]["decryptWith"] = "new-key".into();
    }
    secrets[1]["values"][0]["rule"] = 7.into();
    let (status, cause) = refused(&server, "POST", "/secrets", json!({"secrets": secrets})).await;
    assert_eq!(
        (status, cause.as_str()),
        (400, "`secrets[1].values[0].rule`: rule 7 there gives no encrypted value")
    );
    secrets[1]["values"][0]["rule"] = 0.into();
    secrets[1]["id"] = "5".into();
    assert_eq!(ask(&server, "POST", "/secrets", json!({"secrets": secrets})).await.0, 409);
    assert_eq!(done(&server, "GET", "/secrets", Json::Null).await, first);
    secrets[1]["id"] = first[1]["id"].clone();
    let done_ = done(&server, "POST", "/secrets", json!({"secrets": secrets})).await;
    assert_eq!(done_, json!({"keys": ["a", "b"], "values": 2}));
    assert_eq!(done(&server, "GET", "/secrets?decryptWith=old-key", Json::Null).await, json!([]));
    let said = done(&server, "GET", "/audit?subject=a", Json::Null).await;
    assert!(!said.to_string().contains("d1"), "cipher texts are not told: {said}");
    let item = done(&server, "GET", "/items/a", Json::Null).await;
    assert_eq!(item["default"]["rules"][0]["value"]["confidential"], true);
}

#[tokio::test]
async fn ten_thousand_configs_come_at_once() {
    let server = TestServer::new().await;
    let configs: Vec<Json> = (0..10_000)
        .map(|at| {
            json!({"key": format!("config.{at}"), "configType": "CONFIG", "valueType": "INT", "rows": [
                {"values": [{"value": {"int": at.to_string()}}]},
                {"projectEnvId": "3", "values": [
                    {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                                   "valueToMatch": {"stringList": {"values": ["a", "b"]}}}],
                     "value": {"int": "1"}},
                    {"value": {"int": "2"}}]}]})
        })
        .collect();
    let started = std::time::Instant::now();
    let plan = done(&server, "POST", "/import?dryRun=false", json!({ "configs": configs })).await;
    eprintln!("imported in {:?}", started.elapsed());
    assert_eq!((&plan["created"], &plan["isDone"]), (&json!(10_000), &json!(true)));
    let page = done(&server, "GET", "/items?limit=1000&after=config.9", Json::Null).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1_000);
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
    assert_eq!(cause, "`schemaKey`: there is no schema `limits-schema`");
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
    assert!(cause.starts_with("config `limits` would not follow it"), "{cause}");
    assert_eq!(done(&server, "GET", "/items/limits-schema/used-by", Json::Null).await, json!(["limits"]));
    let (status, cause) = refused(&server, "DELETE", "/items/limits-schema", Json::Null).await;
    assert_eq!((status, cause.as_str()), (409, "schema `limits-schema` is used by `limits`"));
}

#[tokio::test]
async fn a_value_is_checked_before_it_is_stored_and_each_flaw_has_its_place() {
    let server = TestServer::new().await;
    let schema = json!({"type": "object", "required": ["name"], "properties": {"limits": {"items": {"type": "integer"}}}});
    let schema = json!({"schemaType": "JSON_SCHEMA", "schema": schema.to_string()});
    let item = json!({"key": "shape", "type": "schema", "default": {"rules": [{"value": {"type": "schema", "value": schema}}]}});
    done(&server, "POST", "/items", json!({"item": item})).await;
    let check = async |kind: &str, value: &str, flaws: Json| {
        let body = json!({"schemaKey": "shape", "value": {"type": kind, "value": value}});
        let told = done(&server, "POST", "/validate", body).await;
        let told: Vec<Json> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|flaw| json!([flaw["pointer"], flaw["line"], flaw["message"]]))
            .collect();
        assert_eq!(Json::from(told), flaws, "{value}");
    };
    check("json", r#"{"name": "a", "limits": [1]}"#, json!([])).await;
    let (name, limit) = ("\"name\" is a required property", "\"x\" is not of type \"integer\"");
    let both = r#"{"limits": [1, "x"]}"#;
    check("json", both, json!([["", null, name], ["/limits/1", null, limit]])).await;
    check("string", both, json!([["", null, name], ["/limits/1", null, limit]])).await;
    check("json", "{\n\"name\" 1}", json!([[null, 2, "expected `:`"]])).await;
    check("string", "hello", json!([["", null, "\"hello\" is not of type \"object\""]])).await;
    let missing = json!({"schemaKey": "nobody", "value": {"type": "json", "value": "{}"}});
    assert_eq!(
        done(&server, "POST", "/validate", missing).await[0]["message"],
        "there is no schema `nobody`"
    );
    let broken = json!({"value": {"type": "schema", "value": {"schemaType": "JSON_SCHEMA", "schema": "{\"type\": 3}"}}});
    assert_eq!(done(&server, "POST", "/validate", broken).await[0]["pointer"], "/type");
    // What it says is what publishing refuses.
    let mut item = text_item("shaped", both);
    item["item"]["schemaKey"] = "shape".into();
    let (status, cause) = refused(&server, "POST", "/items", item).await;
    assert_eq!(status, 400);
    assert!(cause.ends_with(&format!(".string`: {name}")), "{cause}");
}

#[tokio::test]
async fn an_old_version_and_a_draft_are_explained_as_the_one_that_stands() {
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
    let cause = "`version`: `k` has no version 7 that has values";
    assert_eq!(refused(&server, "POST", "/explain", question).await, (400, cause.to_owned()));
}

#[tokio::test]
async fn tags_go_wherever_the_item_goes_but_to_clients() {
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
    let said = json!(["created the string config", "tags [checkout, team blue]", "default: \"one\""]);
    assert_eq!(diff["differences"], said);
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

    // Official tools know of no tags, and take none away.
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
async fn a_list_without_counts_is_not_sent_again_until_something_changes() {
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
