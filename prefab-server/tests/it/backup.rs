//! A backup during writes is consistent.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use crate::common::{TestServer, answer};
use prefab_core::ids::ProjectId;
use prefab_server::{KeyKind, Options, Overwrite, restore, serve};
use prefab_store::{ConfigLog as _, RECOVERY_ACTOR};
use prefab_store_sqlite::SqliteStore;
use prefab_testing::eventually_async;
use serde_json::json;

const WRITERS: usize = 8;
const WRITES: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_during_writes_is_consistent() {
    let server = TestServer::new().await;
    let started = Instant::now();
    let written = AtomicUsize::new(0);
    let write = async |writer: usize| {
        let mut ids = Vec::new();
        for value in 0..WRITES {
            let key = format!("k{writer}");
            let id = if value == 0 {
                server.create(&key, "0").await
            } else {
                server.set(&key, &value.to_string()).await
            };
            ids.push(id);
            written.fetch_add(1, Ordering::Relaxed);
        }
        ids
    };
    let backup = async {
        let some = WRITERS * WRITES / 4;
        eventually_async("a quarter is written", || written.load(Ordering::Relaxed) >= some).await;
        let response = server.admin("GET", "/api/manage/v1/backup").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/vnd.sqlite3");
        assert!(response.headers()["content-disposition"].to_str().unwrap().ends_with(".db\""));
        let expected = response.content_length().unwrap();
        let bytes = response.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, expected);
        let file: PathBuf = server.dir.path().join("copy.db");
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let writers = (0..WRITERS).map(write);
    let (ids, file) = tokio::join!(futures_util::future::join_all(writers), backup);
    let rate = (WRITERS * WRITES) as u128 * 1_000 / started.elapsed().as_millis();
    let mut acknowledged: Vec<i64> = ids.into_iter().flatten().collect();
    acknowledged.sort_unstable();

    let folder = server.dir.path().join("restored");
    let restored = restore(&file, &folder, None, Overwrite::Refused).await.unwrap();
    let store = SqliteStore::open(&restored.database).unwrap();
    let mut log = store.changes(ProjectId(1), None, 100_000).await.unwrap();
    log.reverse();
    let newest = log.last().map(|version| version.id);
    // The restore appends the current versions again.
    log.retain(|version| version.changed_by.user_identity != RECOVERY_ACTOR);
    let kept: Vec<i64> = log.iter().map(|version| version.id).collect();
    eprintln!("{rate} writes/s; {} of {} in the backup", kept.len(), acknowledged.len());
    // The backup contains all writes up to its newest one, and only acknowledged writes.
    assert_eq!(kept, acknowledged[..kept.len()]);
    assert_eq!(restored.newest, newest.unwrap_or(restored.newest));
    drop(store);

    let leftover = std::fs::read_dir(server.dir.path().join("data")).unwrap();
    let names: Vec<_> = leftover.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.starts_with("backup-")), "{names:?}");

    // New versions have higher numbers than all earlier responses.
    let key = server.key("Development", KeyKind::Admin);
    let again = serve(Options::local(&folder)).await.unwrap();
    let body = crate::common::text_config("after", "x").to_string();
    let url = format!("{}/api/v1/config/", again.url);
    let made =
        answer(server.http.post(url).basic_auth("u", Some(key)).body(body).send().await.unwrap()).await.1;
    let id: i64 = made["newId"].as_str().unwrap().parse().unwrap();
    assert!(id > *acknowledged.last().unwrap());
    again.shutdown().await;
}

#[tokio::test]
async fn a_backup_requires_an_admin_of_every_project() {
    let server = TestServer::new().await;
    assert_eq!(server.get("/api/manage/v1/backup").send().await.unwrap().status(), 403);
    server.admin("GET", "/api/manage/v1/backup").send().await.unwrap().bytes().await.unwrap();
    let reply = server.admin("GET", "/api/manage/v1/projects/1/audit?action=backup").send().await.unwrap();
    assert_eq!(answer(reply).await.1[0]["sentence"], json!("key 3 downloaded a backup"));
}
