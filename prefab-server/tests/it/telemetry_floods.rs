//! Limits of what public keys, or requests without a key, can store.

use crate::common::{
    TestServer, answer,
    project::{PROJECT, read, report},
};
use prefab_server::{KeyKind, Limits};
use prefab_store::{ApiKeys as _, AuditEntry, AuditLog as _, AuditNote, KeyRequest, Projects as _};
use prefab_store_sqlite::SqliteStore;
use prefab_testing::eventually_some;
use serde_json::{Value as Json, json};

const HIGHEST: &str = "9223372036854775807";

fn summary(key: &str, counters: &[(&str, &str, &str)]) -> Json {
    let counters: Vec<Json> = counters
        .iter()
        .map(|(id, count, value)| json!({"configId": id, "count": count, "selectedValue": {"string": value}}))
        .collect();
    json!({"key": key, "type": "CONFIG", "counters": counters})
}

fn summaries(summaries: &[Json]) -> Json {
    json!({"summaries": {"start": 1, "end": 2, "summaries": summaries}})
}

fn loggers<'n>(names: impl IntoIterator<Item = &'n str>, debugs: &str) -> Json {
    let logger = |name| json!({"loggerName": name, "debugs": debugs});
    json!({"loggers": {"loggers": names.into_iter().map(logger).collect::<Vec<_>>()}})
}

/// Creates a second project in the same database and returns a backend key and an admin key of it.
async fn neighbor(server: &TestServer) -> (i64, String, String) {
    let store = SqliteStore::open(&server.dir.path().join("data/prefab.db")).unwrap();
    let project = store.create_project("other".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    let mut keys = Vec::new();
    for kind in [KeyKind::Backend, KeyKind::Admin] {
        let environment = project.environments[0].id;
        let request = KeyRequest { project: project.id, environment, kind, user_id: None };
        keys.push(store.issue_key(request).await.unwrap().key);
    }
    eventually_some("the key is accepted", async || {
        let request = server.http.get(server.url("/api/v1/configs/0")).basic_auth("1", Some(&keys[1]));
        (request.send().await.unwrap().status() == 200).then_some(())
    })
    .await;
    (project.id.0, keys[0].clone(), keys[1].clone())
}

#[tokio::test]
async fn maximum_counts_are_clamped_and_remain_readable() {
    let server = TestServer::new().await;
    server.create("x.y", "a").await;
    let public = server.key("Development", KeyKind::Frontend);
    for key in ["x.y", "no.such.key"] {
        let counters = [("1", HIGHEST, "a"), ("2", HIGHEST, "b"), ("3", "-5", "c")];
        let events = json!([summaries(&[summary(key, &counters)]), {"clientStats": {"droppedEventCount": HIGHEST}},
                            {"clientStats": {"droppedEventCount": HIGHEST}}]);
        for _ in 0..2 {
            assert_eq!(report(&server, &public, events.clone()).await, 200);
            read(&server, "/usage").await;
        }
    }
    for path in ["/items", "/usage", "/evaluations?by=day", "/evaluations", "/health", "/unused?days=0"] {
        read(&server, path).await;
    }
    assert_eq!(read(&server, "/evaluations?key=x.y").await["total"], 4_000_000_000_000_i64);
    assert_eq!(read(&server, "/evaluations?key=no.such.key").await["total"], 0);
    let used = read(&server, "/usage").await;
    let used: Vec<&Json> = used.as_array().unwrap().iter().map(|usage| &usage["key"]).collect();
    assert_eq!(used, ["x.y"], "a key that the project does not have is not stored");
}

#[tokio::test]
async fn a_logger_at_its_limit_does_not_stop_other_telemetry() {
    let server = TestServer::new().await;
    let (project, backend, admin) = neighbor(&server).await;
    let public = server.key("Development", KeyKind::Frontend);
    let theirs = async || {
        let path = server.url(&format!("/api/manage/v1/projects/{project}/loggers"));
        let (status, loggers) = answer(server.http.get(path).bearer_auth(&admin).send().await.unwrap()).await;
        assert_eq!(status, 200, "{loggers}");
        loggers[0]["counts"]["debug"].as_i64().unwrap()
    };
    for round in 1..=3 {
        assert_eq!(report(&server, &public, json!([loggers(["a.b"], HIGHEST)])).await, 200);
        assert_eq!(report(&server, &backend, json!([loggers(["own"], "1")])).await, 200);
        assert_eq!(theirs().await, round);
        assert_eq!(report(&server, &public, json!([loggers(["a.b"], "1")])).await, 200);
        assert_eq!(read(&server, "/loggers").await[0]["counts"]["debug"], round * 1_000_000_000_001);
    }
    assert_eq!(report(&server, &public, json!([loggers(["a.b"], "-7")])).await, 200);
    assert_eq!(read(&server, "/loggers").await[0]["counts"]["debug"], 3_000_000_000_003_i64);
}

#[tokio::test]
async fn frontend_keys_cannot_use_up_the_telemetry_budget_of_backend_keys() {
    let limits = Limits { evaluation_rows_per_hour: 40, logger_rows: 40, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let id = server.create("k", "a").await;
    server.create("own", "a").await;
    let (public, backend) =
        (server.key("Development", KeyKind::Frontend), server.key("Development", KeyKind::Backend));
    let names: Vec<String> = (0..200).map(|at| format!("invented.{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for flush in 0..3 {
        let invented = names.iter().map(|name| summary(name, &[("7", "1", "a")]));
        let ids: Vec<String> = (0..200).map(|at| (flush * 1_000 + at).to_string()).collect();
        let ids: Vec<_> = ids.iter().map(|id| (id.as_str(), "1", "a")).collect();
        let values: Vec<_> = names.iter().map(|name| ("0", "1", *name)).collect();
        let all: Vec<Json> = invented.chain([summary("k", &ids), summary("k", &values)]).collect();
        assert_eq!(
            report(&server, &public, json!([summaries(&all), loggers(names.clone(), "1")])).await,
            200
        );
        read(&server, "/usage").await;
    }
    let own: Vec<String> = (0..10).map(|at| format!("v{at}")).collect();
    let own: Vec<_> = own.iter().map(|value| ("0", "1", value.as_str())).collect();
    let id = id.to_string();
    let events = json!([
        summaries(&[summary("own", &own), summary("k", &[(&id, "3", "a")])]),
        loggers(["app.db", "app.http"], "2")
    ]);
    assert_eq!(report(&server, &backend, events).await, 200);
    let usage = read(&server, "/usage").await;
    let used: Vec<&Json> = usage.as_array().unwrap().iter().map(|usage| &usage["key"]).collect();
    assert_eq!(used, ["k", "own"]);
    let counted = read(&server, "/evaluations?key=own").await;
    assert_eq!(counted["environments"][0]["counts"].as_array().unwrap().len(), 10);
    let counted = read(&server, "/evaluations?key=k").await;
    let buckets = counted["environments"][0]["buckets"].as_array().unwrap();
    assert!(buckets.iter().all(|bucket| bucket["counts"].as_array().unwrap().len() <= 21), "{counted}");
    let versions = buckets.iter().flat_map(|bucket| bucket["counts"].as_array().unwrap());
    let versions: Vec<_> = versions.filter_map(|count| count["version"].as_str()).collect();
    assert_eq!(versions, [id], "other ids are none of this key");
    let seen = read(&server, "/loggers").await;
    let seen: Vec<_> = seen.as_array().unwrap().iter().map(|logger| logger["name"].clone()).collect();
    assert!(
        seen.len() <= 22 && seen.contains(&json!("app.db")) && seen.contains(&json!("app.http")),
        "{seen:?}"
    );
    let metrics = server.http.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let dropped = metrics.lines().find_map(|line| line.strip_prefix("prefab_telemetry_dropped_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() >= 1_000, "{dropped:?}");
}

#[tokio::test]
async fn deleted_keys_and_older_versions_still_count() {
    let server = TestServer::new().await;
    let first = server.create("k", "a").await;
    server.set("k", "b").await;
    server.delete("k").await;
    let backend = server.key("Development", KeyKind::Backend);
    let events = json!([summaries(&[summary("k", &[(&first.to_string(), "3", "a")])])]);
    assert_eq!(report(&server, &backend, events).await, 200);
    let counted = read(&server, "/evaluations?key=k").await;
    assert_eq!(counted["environments"][0]["buckets"][0]["counts"][0]["version"], first.to_string());
}

#[tokio::test]
async fn a_frontend_key_has_its_own_byte_budget() {
    let limits = Limits { front_end_telemetry_bytes_per_minute: 100, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let names = ["a".repeat(90)];
    let names = names.iter().map(String::as_str);
    let (public, backend) =
        (server.key("Development", KeyKind::Frontend), server.key("Development", KeyKind::Backend));
    assert_eq!(report(&server, &public, json!([loggers(names.clone(), "1")])).await, 429);
    assert_eq!(report(&server, &backend, json!([loggers(names, "1")])).await, 200);
}

#[tokio::test]
async fn refused_keys_are_one_entry_per_address_and_hour() {
    let server = TestServer::new().await;
    for at in 0..300 {
        let request =
            server.http.get(server.url("/api/v1/configs/0")).basic_auth("1", Some(format!("1-wrong{at}")));
        let sent = request.header("x-forwarded-for", format!("203.0.113.{at}")).send().await.unwrap();
        assert_eq!(sent.status(), 401);
    }
    let entries = eventually_some("300 refused requests are counted", async || {
        let entries = read(&server, "/audit?action=key.refused&limit=1000").await;
        (counted(&entries) == 300).then_some(entries)
    })
    .await;
    // The hour may have turned in between.
    assert!(entries.as_array().unwrap().len() <= 2, "{entries}");
    assert_eq!(entries[0]["from"], "127.0.0.1", "the address that connected, not one that a header claims");
}

fn counted(entries: &Json) -> i64 {
    entries.as_array().unwrap().iter().map(|entry| entry["count"].as_i64().unwrap_or(1)).sum()
}

#[tokio::test]
async fn the_audit_log_can_be_exported_completely() {
    let server = TestServer::new().await;
    let store = SqliteStore::open(&server.dir.path().join("data/prefab.db")).unwrap();
    let project = store.registry().await.unwrap().projects[0].id;
    let entry = |at: usize| AuditEntry {
        project: Some(project),
        action: "config.changed".to_owned(),
        ..AuditEntry::of(AuditNote { sentence: format!("entry {at}"), ..AuditNote::default() })
    };
    store.record_audit((0..12_345).map(entry).collect()).await.unwrap();
    let lines = async |wanted: &str| {
        let request = server.admin("GET", &format!("{PROJECT}/audit.jsonl?action=config.changed{wanted}"));
        let text = request.send().await.unwrap().text().await.unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["sentence"].clone());
        lines.collect::<Vec<Json>>()
    };
    let all = lines("").await;
    assert_eq!(all.len(), 12_345);
    assert!(all.iter().enumerate().all(|(at, line)| *line == format!("entry {}", 12_344 - at)));
    assert_eq!(lines("&limit=1500").await, all[..1_500]);
}
