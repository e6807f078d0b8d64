//! Opening a database on a full disk.
//!
//! In WAL mode, even a reader creates two files beside the database. A clean stop removes them, so a start on a full disk can
//! open the file only as immutable: without these files, and without changes.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::STATEMENTS;

/// Returns whether the file alone contains everything: no changes wait in the write-ahead log.
pub(super) fn is_possible(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    path.exists() && std::fs::metadata(log).map_or(true, |log| log.len() == 0)
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteStore;
    use prefab_store::{AuditLog as _, Projects as _, StoreError, UnavailableReason, clock::Clock};

    #[tokio::test]
    async fn a_database_on_a_full_disk_is_read_and_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a?b.db");
        let store = SqliteStore::open(&file).unwrap();
        store.create_first_project("Default".to_owned(), vec!["Live".to_owned()]).await.unwrap();
        assert!(!is_possible(&file), "changes wait in the write-ahead log");
        drop(store);
        for _ in 0..100 {
            if is_possible(&file) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let store = SqliteStore::open_read_only(&file, Clock::system()).unwrap();
        assert_eq!(store.registry().await.unwrap().projects[0].name, "Default");
        let refused = store.create_project("Other".to_owned(), Vec::new()).await.unwrap_err();
        let is_read_only =
            matches!(refused, StoreError::Unavailable { reason: UnavailableReason::ReadOnly, .. });
        assert!(is_read_only, "{refused:?}");
        store.record_audit(Vec::new()).await.ok();
    }
}
