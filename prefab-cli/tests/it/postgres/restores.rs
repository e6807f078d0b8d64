//! `prefab restore` into a PostgreSQL database, while its servers are running.

use std::process::{Command, Output};

use prefab_testing::postgres::Postgres;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{KEY, Pair, Server, prefab, run};

fn restore(dir: &TempDir, backup: &str, database: &str, options: &[&str]) -> Command {
    let mut command = prefab(dir);
    command.args(["restore", backup, "--data-dir", "restored", "--database", database]).args(options);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Returns the configs without their ids, which a restore changes.
fn values(server: &Server, admin: &str) -> Json {
    let (status, _, body) = server.send("GET", "/api/manage/v1/projects/1/export", admin, "");
    assert_eq!(status, 200, "{body}");
    let all: Json = serde_json::from_str(&body).unwrap();
    let configs = all["configs"].as_array().unwrap().iter();
    let mut configs: Vec<Json> = configs.map(|config| json!([config["key"], config["rows"]])).collect();
    configs.sort_by_key(Json::to_string);
    configs.into()
}

#[test]
fn clients_of_running_servers_have_the_restored_values() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let url = database.url();
    let pair = Pair::start(&dir, &url);
    assert_eq!(pair.first.set(&pair.admin, 2).0, 200);
    let (before, number) = (values(&pair.first, &pair.admin), "SELECT max(id) FROM prefab.config_version");
    let mut backup = prefab(&dir);
    backup
        .args(["backup", "backup.db"])
        .env("PREFAB_URL", &pair.first.url)
        .env("PREFAB_ADMIN_KEY", &pair.admin);
    run(&mut backup);
    assert_eq!(pair.first.set(&pair.admin, 3).0, 200);
    let added = json!({"key": "added", "configType": "CONFIG", "valueType": "INT",
                       "rows": [{"values": [{"value": {"int": "1"}}]}]});
    assert_eq!(pair.second.send("POST", "/api/v1/config/", &pair.admin, &added.to_string()).0, 200);
    pair.client.expect_value(3);
    let highest: i64 = database.sql(number).parse().unwrap();

    let refused = restore(&dir, "backup.db", &url, &[]).output().unwrap();
    assert!(!refused.status.success() && text(&refused).contains("--overwrite"), "{}", text(&refused));
    std::fs::write(dir.path().join("damaged.db"), "not a backup").unwrap();
    let refused = restore(&dir, "damaged.db", &url, &["--overwrite"]).output().unwrap();
    assert!(!refused.status.success() && text(&refused).contains("backup"), "{}", text(&refused));
    assert_eq!(database.sql(number), highest.to_string(), "a refused restore changes nothing");

    let restored = run(&mut restore(&dir, "backup.db", &url, &["--overwrite"]));
    assert!(restored.contains("2 changes that the backup does not contain are drafts"), "{restored}");
    pair.client.expect_value(2);
    for server in [&pair.first, &pair.second] {
        prefab_testing::eventually("the server follows", || values(server, &pair.admin) == before);
    }
    let lowest_new = database.sql(&format!("SELECT min(id) FROM prefab.config_version WHERE id > {highest}"));
    assert!(!lowest_new.is_empty(), "the restored versions are above all earlier ones");
    assert_eq!(pair.second.set(&pair.admin, 4).0, 200);
    pair.client.expect_value(4);
    let leftovers: Vec<String> = std::fs::read_dir(dir.path().join("restored"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let [kept] = &*leftovers else { panic!("{leftovers:?}") };

    // The replaced content is a backup, which can be restored into an empty database.
    let Some(empty) = Postgres::start() else { return };
    run(&mut restore(&dir, &format!("restored/{kept}"), &empty.url(), &[]));
    let server = Server::start(&dir, &empty.url(), "third");
    let (_, _, configs) = server.send("GET", "/api/v1/configs/0", &pair.backend, "");
    assert!(configs.contains("added") && configs.contains(KEY), "{configs}");
}
