//! Changes reach the clients of all servers, also after the database was down.

use std::{
    thread,
    time::{Duration, Instant},
};

use prefab_testing::{eventually, postgres::Postgres, throughout, within};
use tempfile::TempDir;

use super::{KEY, Pair, Process, prefab};

/// How long the database is stopped.
const OUTAGE: Duration = Duration::from_secs(20);

#[test]
fn a_client_of_one_server_sees_a_change_on_the_other_within_a_second() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    for value in 2..12 {
        let published = Instant::now();
        assert_eq!(pair.first.set(&pair.admin, value).0, 200);
        pair.client.expect_value(value);
        assert!(published.elapsed() < Duration::from_secs(1), "{:?}", published.elapsed());
    }
    // The second server has read the API keys of the first one, and its own changes follow.
    assert_eq!(pair.second.set(&pair.admin, 20).0, 200);
    pair.client.expect_value(20);
    drop(pair.first.process);
    assert_eq!(pair.second.set(&pair.admin, 21).0, 200);
    pair.client.expect_value(21);
}

#[test]
fn clients_are_served_while_the_database_is_down() {
    let Some(mut database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    database.kill();
    let (status, head) = pair.first.set(&pair.admin, 2);
    assert!(status == 503 && head.contains("retry-after: 1"), "{head}");
    let (status, ..) = pair.first.send("GET", "/api/v1/configs/0", &pair.backend, "");
    assert_eq!(status, 200, "clients are served from memory");
    let (status, state) = pair.second.ready();
    assert!(status == 200 && state.contains("the database has not answered since 20"), "{state}");
    let mut late = prefab(&dir);
    late.args(["watch", KEY, "--json"]).env("PREFAB_API_KEY", &pair.backend);
    late.env("PREFAB_API_URL", &pair.second.url).env("XDG_CACHE_HOME", dir.path().join("empty"));
    let late = Process::start(late);
    late.expect_value(1);
    throughout(OUTAGE, "clients are served, and writes are refused", || {
        thread::sleep(Duration::from_millis(200));
        pair.second.send("GET", "/api/v1/configs/0", &pair.backend, "").0 == 200
            && pair.first.set(&pair.admin, 2).0 == 503
    });

    database.restart();
    eventually("the first server writes again", || pair.first.set(&pair.admin, 3).0 == 200);
    pair.client.expect_value(3);
    late.expect_value(3);
    eventually("the second server is ready", || pair.second.ready() == (200, "ok".to_owned()));
}

#[test]
fn clients_are_served_while_the_database_hangs() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    database.pause();
    let started = Instant::now();
    let write = thread::scope(|scope| {
        let write = scope.spawn(|| pair.first.set(&pair.admin, 2));
        while !write.is_finished() {
            let read = Instant::now();
            let (status, ..) = pair.second.send("GET", "/api/v1/configs/0", &pair.backend, "");
            assert!(status == 200 && read.elapsed() < Duration::from_secs(1), "{:?}", read.elapsed());
            thread::sleep(Duration::from_millis(100));
        }
        write.join().unwrap()
    });
    assert!(write.0 == 503 && write.1.contains("retry-after: 1"), "{write:?}");
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
    throughout(OUTAGE.saturating_sub(started.elapsed()), "clients are served", || {
        thread::sleep(Duration::from_millis(200));
        pair.first.send("GET", "/api/v1/configs/0", &pair.backend, "").0 == 200
    });
    database.resume();
    within(Duration::from_secs(10), "the first server writes again", || {
        pair.first.set(&pair.admin, 3).0 == 200
    });
    pair.client.expect_value(3);
}

#[test]
fn clients_follow_a_database_that_went_back_and_lost_changes_become_drafts() {
    let Some(mut database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    let set = |value| eventually("a server writes", || pair.first.set(&pair.admin, value).0 == 200);
    set(2);
    pair.client.expect_value(2);
    database.save();
    set(3);
    pair.client.expect_value(3);
    database.go_back();
    // Both servers compare what they remember; one of them appends the current version again.
    pair.client.expect_value(2);
    let (status, _, drafts) = pair.second.send("GET", "/api/manage/v1/projects/1/drafts", &pair.admin, "");
    assert!(status == 200 && drafts.contains("lost change"), "{drafts}");
    let (_, _, audit) = pair.second.send("GET", "/api/manage/v1/projects/1/audit.jsonl", &pair.admin, "");
    assert_eq!(audit.matches("the database went back").count(), 1, "{audit}");
    set(4);
    pair.client.expect_value(4);
}
