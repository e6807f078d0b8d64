//! A database moves between the two stores.

use prefab_testing::postgres::Postgres;
use serde_json::json;
use tempfile::TempDir;

use super::{KEY, Server, prefab, run};

/// Returns what must survive a move: what the clients of every environment receive, and the audit log.
fn content(server: &Server, keys: &[String], admin: &str) -> Vec<String> {
    let get = |path: &str, key: &str| {
        let (status, _, body) = server.send("GET", path, key, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    };
    let mut all: Vec<String> = keys.iter().map(|key| get("/api/v1/configs/0", key)).collect();
    all.push(get("/api/manage/v1/projects/1/audit.jsonl", admin));
    all
}

#[test]
fn a_database_moves_to_postgresql_and_back() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let first = Server::start(&dir, "start.db", "data");
    let admin = first.key("admin");
    let keys = first.keys.as_array().unwrap().iter().filter(|key| key["kind"] == "backend");
    let keys: Vec<String> = keys.map(|key| key["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 3);
    for key in [KEY, "a", "b", "log-level.app"] {
        let config = json!({"key": key, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "1"}}]}]});
        let (status, _, body) = first.send("POST", "/api/v1/config/", &admin, &config.to_string());
        assert!(status == 200 || key.starts_with("log-level"), "{body}");
    }
    for value in 2..20 {
        assert_eq!(first.set(&admin, value).0, 200);
    }
    let before = content(&first, &keys, &admin);
    assert!(before[3].lines().count() > 20, "{}", before[3]);
    drop(first);

    let url = database.url();
    let plan = run(prefab(&dir).args(["migrate", "--plan", "--to", &url]));
    assert!(plan.contains("CREATE TABLE \"prefab\".config_version"), "{plan}");
    // A source is only read, so a wrong name creates nothing.
    let from_empty = prefab(&dir).args(["migrate", "--from", &url, "--to", "none.db"]).output().unwrap();
    let message = String::from_utf8(from_empty.stderr).unwrap();
    assert!(!from_empty.status.success() && message.contains("does not have the tables"), "{message}");
    assert!(!dir.path().join("none.db").exists());
    run(prefab(&dir).args(["migrate", "--from", "start.db", "--to", &url]));
    assert!(run(prefab(&dir).args(["migrate", "--plan", "--to", &url])).contains("nothing to do"));
    let again = prefab(&dir).args(["migrate", "--from", "start.db", "--to", &url]).output().unwrap();
    let message = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && message.contains("not empty"), "{message}");
    let second = Server::start(&dir, &url, "data2");
    assert_eq!(content(&second, &keys, &admin), before);
    // A backup of a running server has the format of all backups.
    run(prefab(&dir)
        .args(["backup", "backup.db"])
        .env("PREFAB_URL", &second.url)
        .env("PREFAB_ADMIN_KEY", &admin));
    let before = content(&second, &keys, &admin);
    drop(second);

    run(prefab(&dir).args(["migrate", "--from", &url, "--to", "end.db"]));
    let third = Server::start(&dir, "end.db", "data3");
    assert_eq!(content(&third, &keys, &admin), before);
    assert_eq!(third.set(&admin, 99).0, 200);
    drop(third);
    run(prefab(&dir).args(["restore", "backup.db", "--data-dir", "data4"]));
    let fourth = Server::start(&dir, "data4/prefab.db", "data4");
    assert_eq!(fourth.set(&admin, 99).0, 200);
}
