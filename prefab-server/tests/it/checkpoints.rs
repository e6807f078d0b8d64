//! Checkpoints as the official SDKs request them.

use crate::common::{TestServer, keys};
use prefab_server::KeyKind;
use prefab_testing::eventually_some;

#[tokio::test]
async fn every_path_form_answers() {
    let server = TestServer::new().await;
    let first = server.create("a", "1").await;
    server.create("b", "2").await;
    for path in [
        "/api/v1/configs/0",
        "/api/v2/configs/0",
        "/api/v1/config/100/100/0",
        "/api/v1/configs/1/123456/0",
        "/api/v1/configs/0/123456/0",
    ] {
        let set = server.configs(path).await;
        assert_eq!(keys(&set), ["a", "b"], "{path}");
        assert_eq!(set.pointer.unwrap().project_env_id, 1, "{path}");
    }
    assert_eq!(keys(&server.configs(&format!("/api/v1/configs/{first}")).await), ["b"]);
    server.delete("a").await;
    let changes = server.configs(&format!("/api/v1/configs/{first}")).await;
    assert_eq!(keys(&changes), ["b", "a"]);
    assert!(changes.configs[1].is_tombstone());
    assert_eq!(server.get("/api/v1/configs/abc").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_known_checkpoint_returns_not_modified() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let response = server.get("/api/v1/configs/0").send().await.unwrap();
    let (etag, cache) = (&response.headers()["etag"].clone(), &response.headers()["cache-control"]);
    assert_eq!(cache, "no-cache");
    assert_eq!(response.headers()["content-type"], "application/x-protobuf");
    let again = server.get("/api/v1/configs/0").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["etag"], etag);
    server.set("a", "2").await;
    let changed = server.get("/api/v1/configs/0").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test]
async fn checkpoints_are_compressed_for_clients_that_accept_it() {
    let server = TestServer::new().await;
    server.create("a", &"long ".repeat(100)).await;
    let plain = server.get("/api/v1/configs/0").send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    let plain = plain.bytes().await.unwrap();
    for encoding in ["gzip", "zstd"] {
        let request = server.get("/api/v1/configs/0").header("accept-encoding", encoding);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], encoding);
        let bytes = response.bytes().await.unwrap();
        assert!(bytes.len() < plain.len() / 2, "{encoding}: {} of {}", bytes.len(), plain.len());
    }
    let refused = server.get("/api/v1/configs/0").header("accept-encoding", "gzip;q=0, identity");
    assert!(refused.send().await.unwrap().headers().get("content-encoding").is_none());
}

#[tokio::test]
async fn json_is_sent_only_on_request() {
    let server = TestServer::new().await;
    let id = server.create("a", "1").await;
    let request = server.get("/api/v2/configs/0").header("accept", "application/json");
    let (status, json) = crate::common::answer(request.send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(json["configs"][0]["id"], id.to_string());
    assert_eq!(json["configServicePointer"]["projectEnvId"], "1");
    let anything = server.get("/api/v1/configs/0").header("accept", "*/*").send().await.unwrap();
    assert_eq!(anything.headers()["content-type"], "application/x-protobuf");
}

#[tokio::test]
async fn each_kind_of_key_opens_only_its_endpoints() {
    let server = TestServer::new().await;
    let ask = async |key: &str, path: &str| {
        server.http.get(server.url(path)).basic_auth("u", Some(key)).send().await.unwrap()
    };
    let configs = "/api/v1/configs/0";
    let frontend = server.key("Development", KeyKind::Frontend);
    let backend = server.key("Development", KeyKind::Backend);
    assert_eq!(ask(&backend, configs).await.status(), 200);
    assert_eq!(ask(&frontend, configs).await.status(), 403);
    assert_eq!(ask(&backend, "/api/v1/config/key/a").await.status(), 403);
    let mangled = format!("{backend}0");
    for key in ["", "1", "no-key-at-all", mangled.as_str()] {
        let response = ask(key, configs).await;
        assert_eq!(response.status(), 401, "{key}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers().get("etag").is_none());
    }
    assert_eq!(server.http.get(server.url(configs)).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn environments_do_not_see_one_another() {
    let server = TestServer::new().await;
    server.create("a", "everywhere").await;
    let body = serde_json::json!({"configKey": "a", "environmentId": "3", "value": {"string": "secret"}});
    server.post("/api/v1/config/set-default/", body).await;
    let rows = |set: prefab_core::ConfigSet| -> Vec<Option<i64>> {
        set.configs[0].rows.iter().map(|row| row.project_env_id).collect()
    };
    assert_eq!(rows(server.configs("/api/v1/configs/0").await), [None]);
    let production = server.key("Production", KeyKind::Backend);
    let request = server.http.get(server.url("/api/v1/configs/0")).basic_auth("1", Some(production));
    let bytes = request.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(rows(prefab_proto::convert::decode(&bytes).unwrap().set), [Some(3), None]);
}

#[tokio::test]
async fn a_key_revoked_by_another_process_is_rejected() {
    use prefab_store::ApiKeys as _;
    use prefab_store_sqlite::SqliteStore;
    let server = TestServer::new().await;
    server.configs("/api/v1/configs/0").await;
    let backend = server.key("Development", KeyKind::Backend);
    let id = server.running.keys.iter().find(|key| key.key == backend).unwrap().id;
    let other = SqliteStore::open(&server.dir.path().join("data/prefab.db")).unwrap();
    assert!(other.revoke_key(id).await.unwrap());
    eventually_some("the key is refused", async || {
        (server.get("/api/v1/configs/0").send().await.unwrap().status() == 401).then_some(())
    })
    .await;
}
