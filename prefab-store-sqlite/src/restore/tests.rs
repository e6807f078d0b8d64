//! Restores into empty and used data directories.

use prefab_core::{ChangedBy, Config};
use prefab_store::{
    ApiKeys as _, Backup as _, Change, ConfigLog as _, Drafts as _, Expected, KeyRequest, Projects as _,
    RECOVERY_ACTOR, Recovery as _, Version, key::KeyKind,
};

use super::*;
use crate::SqliteStore;
use prefab_core::ids::ProjectId;

#[tokio::test]
async fn a_backup_is_restored_and_never_overwrites_by_accident() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new, backup) = (dir.path().join("old"), dir.path().join("new"), dir.path().join("backup.db"));
    fs::create_dir_all(&old).unwrap();
    let store = SqliteStore::open(&old.join(DATABASE)).unwrap();
    store.create_project("shop".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    store.backup(backup.clone()).await.unwrap();
    let restored = restore(&backup, &new, Overwrite::Refused).unwrap();
    assert_eq!((restored.projects, restored.configs, restored.kept), (1, 0, None));
    let refused = |overwrite| restore(&backup, &old, overwrite).unwrap_err().to_string();
    assert!(refused(Overwrite::Refused).contains("exists already"));
    assert!(refused(Overwrite::Allowed).contains("stop its server first"));
    let again = restore(&backup, &new, Overwrite::Allowed).unwrap();
    assert!(again.kept.unwrap().exists());
    let registry = SqliteStore::open(&again.database).unwrap().registry().await.unwrap();
    assert_eq!(registry.projects[0].name, "shop");

    let text = dir.path().join("text");
    fs::write(&text, "not a database, but long enough to be looked at").unwrap();
    let missing = dir.path().join("missing");
    for wrong in [&text, &missing] {
        restore(wrong, &new, Overwrite::Allowed).unwrap_err();
    }
}
/// Creates a data directory with one project, and a backup of it.
async fn backed_up(dir: &Path, name: &str) -> PathBuf {
    let (data, backup) = (dir.join(name), dir.join(format!("{name}.backup")));
    fs::create_dir_all(&data).unwrap();
    let store = SqliteStore::open(&data.join(DATABASE)).unwrap();
    store.create_project(name.to_owned(), vec!["Production".to_owned()]).await.unwrap();
    store.backup(backup.clone()).await.unwrap();
    backup
}

#[tokio::test]
async fn a_damaged_database_is_moved_aside_with_its_companion_files() {
    let dir = tempfile::tempdir().unwrap();
    let good = backed_up(dir.path(), "good").await;
    let bad = backed_up(dir.path(), "bad").await;
    for (case, damage) in [(None, 0), (Some(100), 4_000), (Some(0), 100)] {
        let data = dir.path().join(format!("data-{case:?}"));
        fs::create_dir_all(&data).unwrap();
        let database = data.join(DATABASE);
        // A killed server leaves changes that are not in the database file yet.
        fs::copy(&bad, &database).unwrap();
        let connection = Connection::open(&database).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute("UPDATE project SET name = 'late'", []).unwrap();
        let wal = fs::read(beside(&database, "-wal")).unwrap();
        drop(connection);
        fs::write(beside(&database, "-wal"), wal).unwrap();
        match case {
            Some(from) => {
                let mut bytes = fs::read(&database).unwrap();
                bytes[from..from + damage].fill(0xff);
                fs::write(&database, bytes).unwrap();
            }
            None => fs::remove_file(&database).unwrap(),
        }
        let restored = restore(&good, &data, Overwrite::Allowed).unwrap();
        assert_eq!(restored.kept.is_some(), case.is_some());
        let registry = SqliteStore::open(&database).unwrap().registry().await.unwrap();
        assert_eq!(registry.projects[0].name, "good", "{case:?}");
    }
}

/// Returns the names of the files in a folder that belong to an unfinished restore.
fn unfinished(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".restoring")).collect()
}

#[tokio::test]
async fn companion_files_of_a_killed_restore_are_not_applied() {
    let dir = tempfile::tempdir().unwrap();
    let good = backed_up(dir.path(), "good").await;
    let killed = dir.path().join("killed.db");
    fs::copy(backed_up(dir.path(), "bad").await, &killed).unwrap();
    let connection = Connection::open(&killed).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute("UPDATE project SET name = 'late'", []).unwrap();
    let data = dir.path().join("data");
    fs::create_dir_all(&data).unwrap();
    for end in ["-wal", "-shm"] {
        let left = beside(&data.join(DATABASE), &format!(".restoring{end}"));
        fs::copy(beside(&killed, end), left).unwrap();
    }
    let restored = restore(&good, &data, Overwrite::Refused).unwrap();
    let registry = SqliteStore::open(&restored.database).unwrap().registry().await.unwrap();
    assert_eq!(registry.projects[0].name, "good");
    assert_eq!(unfinished(&data), [""; 0]);
}

#[tokio::test]
async fn a_failed_restore_leaves_no_files() {
    let dir = tempfile::tempdir().unwrap();
    let backup = backed_up(dir.path(), "good").await;
    let trigger = "CREATE TRIGGER refuse BEFORE UPDATE ON epoch BEGIN SELECT RAISE(ABORT, 'refused'); END";
    Connection::open(&backup).unwrap().execute_batch(trigger).unwrap();
    let data = dir.path().join("data");
    let error = restore(&backup, &data, Overwrite::Refused).unwrap_err().to_string();
    assert!(error.contains("refused"), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
}

#[test]
fn files_are_renamed_back_if_one_cannot_be_renamed() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second, missing] = ["first", "second", "missing"].map(|name| dir.path().join(name));
    fs::write(&first, "1").unwrap();
    fs::write(&second, "2").unwrap();
    let kept = dir.path().join("kept");
    let renames = [(first.clone(), kept.clone()), (second.clone(), missing.join("second"))];
    let (path, _) = rename_all(&renames).unwrap_err();
    assert_eq!(path, missing.join("second"));
    assert!(first.exists() && second.exists() && !kept.exists());
}

#[tokio::test]
async fn numbers_of_a_table_that_was_empty_in_the_backup_are_not_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let backup = backed_up(dir.path(), "data").await;
    let data = dir.path().join("data");
    let issue = async |store: &SqliteStore| {
        let project = store.registry().await.unwrap().projects.remove(0);
        let environment = project.environments[0].id;
        let request = KeyRequest { project: project.id, environment, kind: KeyKind::Backend, user_id: None };
        store.issue_key(request).await.unwrap().id
    };
    let store = SqliteStore::open(&data.join(DATABASE)).unwrap();
    let before = issue(&store).await;
    drop(store);
    let restored = restored_when_closed(&backup, &data);
    let store = SqliteStore::open(&restored.database).unwrap();
    assert!(issue(&store).await > before);
}

/// Restores a backup over a database whose store was dropped. The thread that writes ends a little later.
fn restored_when_closed(backup: &Path, data: &Path) -> Restored {
    loop {
        match restore(backup, data, Overwrite::Allowed) {
            Err(RestoreError::InUse { .. }) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

/// Sets a key to a value, or deletes it.
async fn set(store: &SqliteStore, key: &str, value: Option<i64>) -> i64 {
    let change = Change {
        key: key.to_owned(),
        config: value.map(|value| Config::constant(key, value)),
        expected: Expected::Anything,
        changed_by: ChangedBy::default(),
        note: None,
    };
    store.append(ProjectId(1), vec![change]).await.unwrap().versions[0].id
}

#[tokio::test]
async fn clients_accept_every_restored_version() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup.db"));
    fs::create_dir_all(&data).unwrap();
    let store = SqliteStore::open(&data.join(DATABASE)).unwrap();
    store.create_project("shop".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    for key in ["same", "changed", "deleted"] {
        set(&store, key, Some(1)).await;
    }
    set(&store, "recreated", None).await;
    store.backup(backup.clone()).await.unwrap();
    set(&store, "changed", Some(2)).await;
    set(&store, "deleted", None).await;
    set(&store, "recreated", Some(2)).await;
    let seen = set(&store, "new", Some(2)).await;
    let epoch = store.epoch().await.unwrap();
    drop(store);
    let restored = restored_when_closed(&backup, &data);
    assert_eq!((restored.projects, restored.configs, restored.drafts), (1, 3, 4));

    let store = SqliteStore::open(&restored.database).unwrap();
    let current = store.since(ProjectId(1), 0).await.unwrap();
    let value = |version: &Version| version.config.as_ref().map(|config| config.rows.clone());
    let one = Some(Config::constant("x", 1).rows);
    for (key, expected) in
        [("same", &one), ("changed", &one), ("deleted", &one), ("recreated", &None), ("new", &None)]
    {
        let version = current.iter().find(|version| version.key == key).unwrap();
        assert!(version.id > seen, "`{key}` is {}, below {seen}", version.id);
        assert_eq!(&value(version), expected, "{key}");
    }
    assert_eq!(restored.newest, current.last().unwrap().id);
    let drafts = store.drafts(ProjectId(1)).await.unwrap();
    let offered: Vec<_> = drafts.iter().map(|draft| (&*draft.key, draft.config.is_some())).collect();
    assert_eq!(offered, [("changed", true), ("deleted", false), ("new", true), ("recreated", true)]);
    assert!(drafts.iter().all(|draft| draft.saved_by == RECOVERY_ACTOR));
    assert_ne!(store.epoch().await.unwrap(), epoch);
    let project = store.create_project("second".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    assert_eq!(project.environments[0].id.0, 2);
}

#[tokio::test]
async fn a_backup_of_another_installation_offers_no_drafts() {
    let dir = tempfile::tempdir().unwrap();
    let ours = backed_up(dir.path(), "ours").await;
    let theirs = dir.path().join("theirs");
    fs::create_dir_all(&theirs).unwrap();
    let store = SqliteStore::open(&theirs.join(DATABASE)).unwrap();
    store.create_project("theirs".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    let seen = set(&store, "secret", Some(1)).await;
    store.backup(dir.path().join("theirs.backup")).await.unwrap();
    drop(store);
    let data = dir.path().join("data");
    restore(&dir.path().join("theirs.backup"), &data, Overwrite::Refused).unwrap();
    let restored = restore(&ours, &data, Overwrite::Allowed).unwrap();
    assert_eq!((restored.configs, restored.drafts), (0, 0));
    let store = SqliteStore::open(&restored.database).unwrap();
    assert_eq!(store.since(ProjectId(1), 0).await.unwrap(), []);
    assert!(set(&store, "a", Some(1)).await > seen);
}

/// Runs as root only, as an operator does who restores the data of a service.
#[cfg(unix)]
#[tokio::test]
async fn the_restored_file_has_the_owner_of_its_folder() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let dir = tempfile::tempdir().unwrap();
    let backup = backed_up(dir.path(), "good").await;
    let data = dir.path().join("data");
    fs::create_dir_all(&data).unwrap();
    if chown(&data, Some(12_345), Some(12_346)).is_err() {
        return;
    }
    for overwrite in [Overwrite::Refused, Overwrite::Allowed] {
        let restored = restore(&backup, &data, overwrite).unwrap();
        let file = fs::metadata(&restored.database).unwrap();
        assert_eq!((file.uid(), file.gid(), file.mode() & 0o777), (12_345, 12_346, 0o600));
    }
}
