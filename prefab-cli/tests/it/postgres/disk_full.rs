//! The disk of the database is full.

use std::time::Duration;

use prefab_testing::{
    eventually,
    postgres::{Postgres, SmallDisk},
    throughout, within,
};
use serde_json::json;
use tempfile::TempDir;

use super::Pair;

/// Creates configs with long values until that fails. Returns their number, and the status, the headers and the body of the
/// failure.
fn write_until_failure(pair: &Pair) -> (usize, (u16, String, String)) {
    let value: String = std::iter::repeat_with(fastrand::alphanumeric).take(4_000).collect();
    for number in 0..10_000 {
        let config = json!({"key": format!("long-{number}"), "configType": "CONFIG", "valueType": "STRING",
                            "rows": [{"values": [{"value": {"string": value}}]}]});
        let answer = pair.first.send("POST", "/api/v1/config/", &pair.admin, &config.to_string());
        if answer.0 != 200 {
            return (number, answer);
        }
    }
    panic!("the disk is not full");
}

fn clients_are_served(pair: &Pair) {
    for server in [&pair.first, &pair.second] {
        assert_eq!(server.send("GET", "/api/v1/configs/0", &pair.backend, "").0, 200);
    }
}

#[test]
fn writes_are_refused_while_the_disk_is_full_and_clients_are_served() {
    let Some(database) = Postgres::start() else { return };
    let Some(disk) = SmallDisk::mount(32) else { return };
    database.move_tables(&disk);
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    disk.fill();
    let (_, (status, head, body)) = write_until_failure(&pair);
    assert!(status == 507 && body.contains("storage_full"), "{status} {head} {body}");
    assert!(body.contains("the disk of the database is full") && body.contains("free"), "{body}");
    clients_are_served(&pair);
    assert_eq!(pair.second.ready().0, 200);
    disk.free();
    eventually("the server writes again", || pair.first.set(&pair.admin, 2).0 == 200);
    pair.client.expect_value(2);
}

#[test]
fn a_database_that_stops_because_the_disk_of_its_log_is_full_continues_later() {
    let Some(mut database) = Postgres::start() else { return };
    let Some(disk) = SmallDisk::mount(48) else { return };
    database.move_log(&disk);
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    disk.fill();
    let (acknowledged, (status, head, body)) = write_until_failure(&pair);
    assert!(body.contains("storage_full") || status == 503, "{status} {head} {body}");
    // The database has stopped, or restarts again and again.
    throughout(Duration::from_secs(2), "each write is stored or refused", || {
        clients_are_served(&pair);
        [200, 503, 507].contains(&pair.second.set(&pair.admin, 2).0)
    });
    disk.free();
    database.restart();
    within(Duration::from_secs(20), "the server writes again", || pair.first.set(&pair.admin, 3).0 == 200);
    pair.client.expect_value(3);
    let stored = database.sql("SELECT count(*) FROM prefab.config_head WHERE key LIKE 'long-%'");
    assert!(
        acknowledged <= stored.parse().unwrap(),
        "an acknowledged change is lost: {acknowledged} {stored}"
    );
}
