//! Tests of the `SQLite` store. `tests/contract.rs` runs the tests for every store.

use std::sync::{Arc, Mutex, mpsc};

use prefab_core::{ChangedBy, Config};
use tempfile::TempDir;

mod bounded;

use crate::*;
use prefab_core::ids::ProjectId;
use prefab_store::{
    Change, ConfigLog as _, Expected, Heads, Project, Projects as _, Recovery as _, Remembered, Version,
};

struct TestStore {
    dir: TempDir,
    store: SqliteStore,
    project: Project,
}

async fn test_store() -> TestStore {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("prefab.db")).unwrap();
    let environments = vec!["Development".to_owned(), "Production".to_owned()];
    let project = store.create_project("shop".to_owned(), environments).await.unwrap();
    TestStore { dir, store, project }
}

fn change(key: &str, value: Option<i64>, expected: Expected) -> Change {
    Change {
        key: key.to_owned(),
        config: value.map(|value| Config::constant(key, value)),
        expected,
        changed_by: ChangedBy { api_key_id: "7".to_owned(), ..ChangedBy::default() },
        note: None,
    }
}

impl TestStore {
    async fn append(&self, change: Change) -> Result<i64, StoreError> {
        self.store.append(self.project.id, vec![change]).await.map(|appended| appended.versions[0].id)
    }

    async fn since(&self, id: i64) -> Vec<(String, bool)> {
        let versions = self.store.since(self.project.id, id).await.unwrap();
        versions.into_iter().map(|version| (version.key, version.config.is_some())).collect()
    }
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_migrated_completely() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("prefab.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(schema::MIGRATIONS[0]).unwrap();
    old.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO project VALUES (1, 'shop', 100, 101, 0);
         INSERT INTO environment VALUES (1, 1, 'Production');
         INSERT INTO api_key VALUES (1, 1, 1, 'backend', zeroblob(32), NULL, 0, NULL);",
    )
    .unwrap();
    let body = prefab_proto::wire::Config::from(&Config { id: 101, ..Config::constant("a", 1) });
    old.execute(
        "INSERT INTO config_version VALUES (1, 101, NULL, 'a', ?1, 0, '', '7', '', 5)",
        [prost::Message::encode_to_vec(&body)],
    )
    .unwrap();
    old.execute("INSERT INTO config_head VALUES (1, 'a', 101)", []).unwrap();
    drop(old);
    let store = SqliteStore::open(&path).unwrap();
    let registry = store.registry().await.unwrap();
    assert_eq!(registry.projects[0].environments[0].protection, prefab_store::Protection::default());
    assert_eq!((registry.keys[0].expires_at_millis, &*registry.keys[0].name), (None, ""));
    let project = registry.projects[0].id;
    assert_eq!(store.since(project, 0).await.unwrap()[0].key, "a");
    store.append(project, vec![change("a", Some(2), Expected::Version(101))]).await.unwrap();
}

#[tokio::test]
async fn a_recovery_replaces_a_damaged_version_by_the_remembered_one() {
    let test = test_store().await;
    for key in ["damaged", "good"] {
        test.append(change(key, Some(1), Expected::Absent)).await.unwrap();
    }
    let versions = test.store.since(test.project.id, 0).await.unwrap();
    let last_id = versions[1].id + 1;
    let connection = Connection::open(test.dir.path().join("prefab.db")).unwrap();
    connection.execute("UPDATE config_version SET body = x'ff' WHERE key = 'damaged'", []).unwrap();
    assert_eq!(test.since(0).await, [("good".to_owned(), true)]);
    let remembered = Remembered { project: test.project.id, last_id, versions, heads: Heads::Older };
    let recovered = test.store.recover(vec![remembered]).await.unwrap();
    assert_eq!((recovered[0].appended, recovered[0].deleted, recovered[0].drafts), (1, 0, 0));
    let current = test.store.since(test.project.id, last_id).await.unwrap();
    let rows = current[0].config.as_ref().map(|config| &config.rows);
    assert_eq!((&*current[0].key, rows), ("damaged", Some(&Config::constant("damaged", 1).rows)));
}

#[tokio::test]
async fn a_backup_is_consistent_during_writes() {
    use prefab_store::Backup as _;
    let test = test_store().await;
    let copy = test.dir.path().join("copy.db");
    let other = SqliteStore::open(&test.dir.path().join("prefab.db")).unwrap();
    let write = async {
        for value in 0..50 {
            // Two keys that always change together.
            let changes = ["a", "b"].map(|key| change(key, Some(value), Expected::Anything));
            test.store.append(test.project.id, changes.to_vec()).await.unwrap();
        }
    };
    let (backup, ()) = tokio::join!(other.backup(copy.clone()), write);
    backup.unwrap();
    other.backup(copy.clone()).await.unwrap_err();
    let restored = SqliteStore::open(&copy).unwrap();
    let values = restored.since(test.project.id, 0).await.unwrap();
    let rows = |version: &Version| version.config.as_ref().unwrap().rows.clone();
    assert!(values.len() != 1 && values.windows(2).all(|pair| rows(&pair[0]) == rows(&pair[1])));
    restored.append(test.project.id, vec![change("c", Some(1), Expected::Absent)]).await.unwrap();
}

#[tokio::test]
async fn a_full_database_reports_it_and_is_unchanged() {
    let test = test_store().await;
    test.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    let room = |pages: i64| {
        test.store.run(move |connection| {
            connection
                .pragma_update(None, "max_page_count", pages)
                .map_err(failed("setting the maximum size"))
        })
    };
    room(1).await.unwrap(); // SQLite never goes below the current number of pages
    let key = "k".repeat(500_000);
    let error = test.append(change(&key, Some(1), Expected::Absent)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Unavailable { reason: UnavailableReason::DiskFull, .. }),
        "{error:?}"
    );
    assert_eq!(test.since(0).await, [("a".to_owned(), true)]);
    room(1 << 30).await.unwrap();
    test.append(change(&key, Some(1), Expected::Absent)).await.unwrap();
}

#[tokio::test]
async fn reports_delay_neither_changes_nor_lookups() {
    let test = test_store().await;
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let slow: Vec<_> = (0..8)
        .map(|_| {
            let held = Arc::clone(&held);
            test.store.reports.run(move |connection| {
                let keys = super::key_rows::list(connection, ProjectId(1))?;
                let _ = held.lock().unwrap().recv();
                Ok(keys.len())
            })
        })
        .collect();
    let work = async {
        test.append(change("a", Some(1), Expected::Absent)).await.unwrap();
        assert_eq!(test.since(0).await, [("a".to_owned(), true)], "a read sees what was written before");
        test.store.ping().await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(20), work).await.unwrap();
    drop(release);
    for report in slow {
        report.await.unwrap();
    }
}

#[tokio::test]
async fn a_read_connection_cannot_write() {
    let test = test_store().await;
    for readers in [&test.store.lookups, &test.store.reports] {
        let written = readers.run(|connection| {
            connection.execute("UPDATE project SET name = 'x'", []).map_err(failed("writing"))
        });
        let error = written.await.unwrap_err();
        assert!(
            matches!(error, StoreError::Unavailable { reason: UnavailableReason::ReadOnly, .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn large_changes_are_returned_in_batches() {
    let test = test_store().await;
    let large = "x".repeat(1 << 20);
    for _ in 0..12 {
        let change = change("a", Some(1), Expected::Anything);
        let config = Some(Config::constant("a", large.as_str()));
        test.append(Change { config, ..change }).await.unwrap();
    }
    let (mut last_id, mut pages, mut seen) = (0, Vec::new(), 0);
    loop {
        let page = test.store.changes_after(test.project.id, last_id, 200).await.unwrap();
        let Some(last) = page.last() else { break };
        last_id = last.version.id;
        seen += page.len();
        pages.push(page.len());
    }
    assert!(seen == 12 && pages.iter().all(|page| *page <= 5), "{pages:?}");
}
