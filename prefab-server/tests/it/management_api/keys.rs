//! API keys, the audit log, and secrets that get a new encryption key.

use crate::common::{
    TestServer,
    project::{PROJECT, ask, done, refused, text_item},
};
use prefab_server::KeyKind;
use prefab_testing::eventually_some;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn keys_can_be_issued_listed_rotated_and_revoked() {
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
async fn key_usage_is_recorded() {
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
async fn the_audit_log_names_actor_and_change() {
    let server = TestServer::new().await;
    done(&server, "POST", "/items", text_item("k", "1")).await;
    server.set("k", "2").await;
    done(&server, "POST", "/environments", json!({"name": "Test"})).await;
    let entries = done(&server, "GET", "/audit?action=config&subject=k", Json::Null).await;
    let reply: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["sentence"].as_str().unwrap()).collect();
    assert_eq!(
        reply,
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
async fn secrets_are_rotated_together_or_not_at_all() {
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
    assert_eq!((status, cause.as_str()), (400, "`secrets[1].values[0].rule`: rule 7 has no encrypted value"));
    secrets[1]["values"][0]["rule"] = 0.into();
    secrets[1]["id"] = "5".into();
    assert_eq!(ask(&server, "POST", "/secrets", json!({"secrets": secrets})).await.0, 409);
    assert_eq!(done(&server, "GET", "/secrets", Json::Null).await, first);
    secrets[1]["id"] = first[1]["id"].clone();
    let done_ = done(&server, "POST", "/secrets", json!({"secrets": secrets})).await;
    assert_eq!(done_, json!({"keys": ["a", "b"], "values": 2}));
    assert_eq!(done(&server, "GET", "/secrets?decryptWith=old-key", Json::Null).await, json!([]));
    let reply = done(&server, "GET", "/audit?subject=a", Json::Null).await;
    assert!(!reply.to_string().contains("d1"), "cipher texts are not reply: {reply}");
    let item = done(&server, "GET", "/items/a", Json::Null).await;
    assert_eq!(item["default"]["rules"][0]["value"]["confidential"], true);
}
