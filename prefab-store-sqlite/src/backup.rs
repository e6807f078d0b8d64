//! Backups of the database while the server runs.

use std::{path::PathBuf, thread};

use prefab_store::{Backup, BackupFormat, StoreError, StoreFuture};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{BUSY_TIMEOUT, SqliteStore, failed, private_files};

impl Backup for SqliteStore {
    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()> {
        let (answer, answered) = oneshot::channel();
        let path = self.path.clone();
        let copying = failed("writing a backup");
        // The backup has a connection of its own, so that writes do not wait for it.
        let started = thread::Builder::new().name("prefab-backup".to_owned()).spawn(move || {
            if let Err(error) = private_files::create(&file) {
                let _ = answer.send(Err(StoreError::unavailable("writing a backup", error)));
                return;
            }
            // `VACUUM INTO` requires an empty file, and reads a consistent state.
            let copied = Connection::open(path).and_then(|connection| {
                connection.busy_timeout(BUSY_TIMEOUT)?;
                connection.execute("VACUUM INTO ?1", [file.to_string_lossy()])
            });
            // If the request was cancelled, the result has no receiver.
            let _ = answer.send(copied.map(drop).map_err(copying));
        });
        Box::pin(async move {
            started.map_err(|error| StoreError::unavailable("writing a backup", error))?;
            answered
                .await
                .map_err(|_| StoreError::unavailable("writing a backup", "the backup thread has stopped"))?
        })
    }

    fn format(&self) -> BackupFormat {
        BackupFormat { media_type: "application/vnd.sqlite3", extension: "db" }
    }
}
