//! The tables and their migrations.
//!
//! Several servers can share one database. Every writer gets its ids from the counter in `project` within the writing
//! transaction, so ids become visible in their order. `config_head` contains the current version of each key, which is
//! compared with the version that a writer expects.

mod migrations;

use std::{
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

pub(super) use self::migrations::MIGRATIONS;
use crate::failed;
use prefab_store::{StoreError, UnavailableReason};

/// Returns the newest version of the schema.
pub(crate) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Sets the modes of the connection. While another server does so with the same new file, `SQLite` returns a busy error
/// immediately, regardless of the busy timeout.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    // `FULL` survives a power failure and costs one flush per change. Changes are rare.
    const MODES: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    let started = Instant::now();
    loop {
        match connection.execute_batch(MODES) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && started.elapsed() < super::BUSY_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

/// Prepares the connection and migrates the tables to the newest version.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    set_up(connection).map_err(failed("setting up"))?;
    // A full disk would refuse a write.
    if version(connection)? == newest() {
        return Ok(());
    }
    let transaction = super::write(connection)?;
    let version = version(&transaction)?;
    let known = newest();
    reject_newer(version)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or_default()) {
        transaction.execute_batch(migration).map_err(failed("upgrading the schema"))?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(failed("upgrading the schema"))?;
    transaction.commit().map_err(failed("upgrading the schema"))
}

/// Fails if the tables are not of the newest version.
pub(super) fn check_version(connection: &Connection) -> Result<(), StoreError> {
    let version = version(connection)?;
    reject_newer(version)?;
    if version == newest() {
        return Ok(());
    }
    let cause = "the disk is full, and the database needs an upgrade";
    Err(StoreError::Unavailable {
        operation: "upgrading the schema",
        reason: UnavailableReason::DiskFull,
        source: cause.into(),
    })
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(failed("reading the schema version"))
}

fn reject_newer(version: i64) -> Result<(), StoreError> {
    let known = newest();
    if version <= known {
        return Ok(());
    }
    let cause =
        format!("it was written by a newer version (schema {version}; this version supports up to {known})");
    Err(StoreError::unavailable("opening the file", cause))
}
