//! Copies of a store into one of another kind.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use prefab_store::{Backup, BackupFormat, StoreError, StoreFuture, tables::Rows};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_store_sqlite::{SqliteStore, private_files, read_tables, write_tables};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::spawn_blocking,
};

use crate::{Error, options::Database};

/// The number of chunks of rows between the two stores.
pub(crate) const CHUNKS: usize = 4;

/// Copies everything from one database into another, which must be empty: a file that does not exist, or a PostgreSQL database
/// without projects and accounts.
///
/// A PostgreSQL database is copied as it is at one moment, while servers use it. The server of a file must be stopped.
///
/// # Errors
///
/// [`Error`] if the source does not exist or has tables of another version, if the target is not empty, or if one cannot be
/// used.
pub async fn copy_database(from: Database, to: Database) -> Result<(), Error> {
    let name = |database: &Database| match database {
        Database::File(file) => file.clone(),
        Database::Postgres(options) => PathBuf::from(options.url.to_string()),
    };
    let (source, target) = (name(&from), name(&to));
    if let Database::File(file) = &from
        && !file.exists()
    {
        return Err(Error::NoDatabase { path: file.clone() });
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (read, written) = tokio::join!(read(from, sender), write(to, receiver));
    // A side that has no counterpart any more ends without an error of its own, or with one that is less precise.
    read.map_err(|cause| Error::Database { path: source, source: cause })?;
    written.map_err(|cause| Error::Database { path: target, source: cause })
}

/// Returns the SQL with which this version would create or upgrade the tables of a PostgreSQL database. A SQLite file has no
/// plan.
///
/// # Errors
///
/// [`Error`] if the database cannot be read.
pub async fn migration_plan(database: &Database) -> Result<Vec<String>, Error> {
    let Database::Postgres(options) = database else { return Ok(Vec::new()) };
    let plan = PostgresStore::plan(options).await;
    plan.map_err(|source| Error::Database { path: PathBuf::from(options.url.to_string()), source })
}

pub(crate) async fn read(from: Database, sink: Sender<Option<Rows>>) -> Result<(), StoreError> {
    let file = match from {
        Database::Postgres(options) => {
            // A source is only read: a wrong name creates no tables, and servers of an older version continue.
            if !PostgresStore::plan(&options).await?.is_empty() {
                let cause = "it does not have the tables of this version; check its name and schema, or start a server of this version with it first";
                return Err(StoreError::unavailable("reading the source", cause));
            }
            return PostgresStore::export(&options, sink).await;
        }
        Database::File(file) => file,
    };
    let reading = spawn_blocking(move || {
        // Upgrades an older file.
        drop(SqliteStore::open(&file)?);
        read_tables(&file, |rows| match sink.blocking_send(Some(rows)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })?;
        let _ = sink.blocking_send(None);
        Ok(())
    });
    reading.await.map_err(|error| StoreError::unavailable("reading a file", error))?
}

async fn write(to: Database, source: Receiver<Option<Rows>>) -> Result<(), StoreError> {
    match to {
        Database::Postgres(options) => PostgresStore::import(&options, source).await,
        Database::File(file) => write_file(file, source).await,
    }
}

/// Writes a new file. A file that is not complete is removed.
async fn write_file(file: PathBuf, mut source: Receiver<Option<Rows>>) -> Result<(), StoreError> {
    let writing = "writing a file";
    let task = spawn_blocking(move || {
        // Only a file that was created here is removed.
        private_files::create(&file).map_err(|error| StoreError::unavailable(writing, error))?;
        let written = write_tables(&file, || match source.blocking_recv() {
            Some(rows) => Ok(rows),
            None => Err(StoreError::unavailable(writing, "the source has failed")),
        });
        if written.is_err() {
            remove(&file);
        }
        written
    });
    task.await.map_err(|error| StoreError::unavailable(writing, error))?
}

/// Removes a file and its companions.
fn remove(file: &Path) {
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        // What does not exist needs no removal.
        let _ = fs::remove_file(path);
    }
}

/// Writes backups of a PostgreSQL database as SQLite files, which have the format of all backups.
pub(crate) struct PostgresBackup(pub(crate) PostgresOptions);

impl Backup for PostgresBackup {
    fn backup(&self, file: PathBuf) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let (sender, receiver) = mpsc::channel(CHUNKS);
            let (read, written) =
                tokio::join!(PostgresStore::export(&self.0, sender), write_file(file, receiver));
            read.and(written)
        })
    }

    fn format(&self) -> BackupFormat {
        BackupFormat { media_type: "application/vnd.sqlite3", extension: "db" }
    }
}
