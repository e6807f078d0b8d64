//! A standby replaces the primary of the database.

use std::{
    thread,
    time::{Duration, Instant},
};

use prefab_testing::{eventually, postgres::Postgres, within};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{KEY, Pair, Process, Server, prefab};

/// How long the servers may take to write again after a failover.
const FAILOVER_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the body that creates a config with a number.
fn config(key: &str) -> String {
    json!({"key": key, "configType": "CONFIG", "valueType": "INT", "rows": [{"values": [{"value": {"int": "1"}}]}]})
        .to_string()
}

fn create(server: &Server, admin: &str, key: &str) {
    let (status, _, body) = server.send("POST", "/api/v1/config/", admin, &config(key));
    assert_eq!(status, 200, "{body}");
}

/// Starts a client that prints the values of a key.
fn watch(dir: &TempDir, url: &str, key: &str, backend: &str) -> Process {
    let mut client = prefab(dir);
    client.args(["watch", key, "--json"]).env("PREFAB_API_KEY", backend).env("PREFAB_API_URL", url);
    client.env("XDG_CACHE_HOME", dir.path().join(format!("cache-{key}")));
    Process::start(client)
}

/// Lists the ids of all versions with a hash of their content.
fn versions(database: &Postgres) -> Vec<String> {
    let sql = "SELECT id || ' ' || key || ' ' || coalesce(md5(body), 'deleted') FROM prefab.config_version ORDER BY id";
    database.sql(sql).lines().map(str::to_owned).collect()
}

fn audit(pair: &Pair) -> String {
    pair.second.send("GET", "/api/manage/v1/projects/1/audit.jsonl", &pair.admin, "").2
}

#[test]
fn changes_that_an_asynchronous_standby_lacks_are_reported_and_clients_converge() {
    let Some(mut primary) = Postgres::start() else { return };
    let standby = primary.standby();
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &primary.url_with(&standby));
    for key in ["removed", "same"] {
        create(&pair.first, &pair.admin, key);
    }
    let removed = watch(&dir, &pair.first.url, "removed", &pair.backend);
    removed.expect_value(1);
    primary.wait_for_standby();
    standby.disconnect();

    // The standby lacks a change, a new config, and a deletion. The clients have them.
    assert_eq!(pair.first.set(&pair.admin, 2).0, 200);
    pair.client.expect_value(2);
    create(&pair.second, &pair.admin, "added");
    let added = watch(&dir, &pair.second.url, "added", &pair.backend);
    added.expect_value(1);
    assert_eq!(pair.first.send("DELETE", "/api/v1/config/key/removed", &pair.admin, "").0, 200);
    removed.expect(&Json::Null);
    let before = versions(&primary);
    primary.kill();
    standby.promote();

    // The clients have the values of the new primary, and the lost changes are drafts.
    pair.client.expect_value(1);
    removed.expect_value(1);
    added.expect(&Json::Null);
    let (_, _, drafts) = pair.second.send("GET", "/api/manage/v1/projects/1/drafts", &pair.admin, "");
    let drafts: Json = serde_json::from_str(&drafts).unwrap();
    let mut offered: Vec<_> =
        drafts.as_array().unwrap().iter().map(|draft| draft["key"].as_str().unwrap()).collect();
    offered.sort_unstable();
    assert_eq!(offered, ["added", KEY, "removed"], "{drafts}");
    let audit = audit(&pair);
    assert_eq!(audit.matches("the database went back").count(), 1, "{audit}");
    assert!(audit.contains("saved 3 lost changes as drafts"), "{audit}");

    // No id has two contents, and no new id is below an old one.
    let after = versions(&standby);
    let (known, new): (Vec<_>, Vec<_>) = after.iter().partition(|version| before.contains(version));
    assert!(known.len() < before.len() && !new.is_empty(), "{before:?} {after:?}");
    let id = |version: &str| version.split(' ').next().unwrap().parse::<i64>().unwrap();
    let highest = before.iter().map(|version| id(version)).max().unwrap();
    assert!(new.iter().all(|version| id(version) > highest), "{before:?} {after:?}");

    // The old primary returns as a standby. The servers do not write to it.
    primary.become_standby(&standby);
    for value in 3..6 {
        assert_eq!(pair.first.set(&pair.admin, value).0, 200);
        assert_eq!(pair.second.set(&pair.admin, value + 10).0, 200);
        pair.client.expect_value(value + 10);
    }
}

#[test]
fn a_synchronous_standby_loses_nothing() {
    let Some(mut primary) = Postgres::start() else { return };
    let standby = primary.standby();
    primary.set_synchronous(true);
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &primary.url_with(&standby));
    let mut acknowledged = 1;
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut last = 1;
            for value in 2.. {
                if pair.first.set(&pair.admin, value).0 != 200 {
                    break;
                }
                last = value;
            }
            last
        });
        thread::sleep(Duration::from_secs(1));
        primary.kill();
        acknowledged = writer.join().unwrap();
    });
    assert!(acknowledged > 5, "{acknowledged}");
    standby.promote();
    let started = Instant::now();
    within(FAILOVER_TIMEOUT, "the first server writes again", || {
        pair.second.set(&pair.admin, 1_000_000).0 == 200
    });
    println!("writes after {:?}", started.elapsed());
    let mut newest = 0;
    while newest != 1_000_000 {
        let value = pair.client.line()["value"].as_i64().unwrap();
        assert!(value >= newest, "the client saw {value} after {newest}");
        newest = value;
    }
    let stored = format!("SELECT count(*) FROM prefab.config_version WHERE key = '{KEY}'");
    let stored: i64 = standby.sql(&stored).parse().unwrap();
    // The value 1, everything that was acknowledged, perhaps one change that was not, and the last one.
    assert!((acknowledged + 1..=acknowledged + 2).contains(&stored), "{acknowledged} {stored}");
    let audit = audit(&pair);
    assert!(!audit.contains("the database went back"), "{audit}");
}

#[test]
fn the_outcome_of_a_write_that_waits_for_the_standby_is_unknown_and_then_found() {
    let Some(primary) = Postgres::start() else { return };
    let standby = primary.standby();
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &primary.url_with(&standby));
    let own = watch(&dir, &pair.first.url, KEY, &pair.backend);
    own.expect_value(1);
    primary.set_synchronous(true);
    standby.disconnect();
    let change = json!({"configKey": KEY, "value": {"int": "2"}}).to_string();
    let (status, head, body) = pair.first.send("POST", "/api/v1/config/set-default/", &pair.admin, &change);
    assert!(status == 503 && body.contains("outcome_unknown"), "{status} {head} {body}");
    assert_eq!(pair.first.send("GET", "/api/v1/configs/0", &pair.backend, "").0, 200);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    assert_ne!(primary.sql(waiting), "0", "the commit was not cancelled");
    standby.reconnect();
    eventually("the commit is complete", || primary.sql(waiting) == "0");
    let complete = Instant::now();
    pair.client.expect_value(2);
    own.expect_value(2);
    assert!(complete.elapsed() < Duration::from_secs(5), "{:?}", complete.elapsed());
    assert_eq!(pair.first.set(&pair.admin, 3).0, 200);
    own.expect_value(3);
}
