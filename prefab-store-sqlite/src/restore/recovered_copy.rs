//! Preparing the copy of a backup for clients that have newer versions.

use std::{collections::HashMap, fs::File, path::Path};

use prefab_core::ids::ProjectId;
use prefab_store::{Heads, Remembered, StoreError, Version, clock::Clock};
use rusqlite::{Connection, OpenFlags};

use crate::{failed, log, recovery, row_numbers, schema, write};

/// What can be read of the database that a backup replaces. Nothing, if it is damaged.
#[derive(Default)]
pub(super) struct Previous {
    /// The highest id of all projects.
    last_id: i64,
    /// The current versions by project. A project is identified by its number and its first id, because another installation
    /// has projects with the same numbers.
    versions: HashMap<(ProjectId, i64), Vec<Version>>,
    /// The highest number of each table with numbered rows.
    numbers: Vec<(String, i64)>,
}

impl Previous {
    /// Reads a database. Skips everything that cannot be read.
    pub(super) fn read(database: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let Ok(connection) = Connection::open_with_flags(database, flags) else { return Self::default() };
        let highest = "SELECT coalesce(max(last_id), 0) FROM project";
        let mut versions = HashMap::new();
        for (project, first_id) in projects(&connection).unwrap_or_default() {
            let current = log::since(&connection, project, 0).unwrap_or_default();
            versions.insert((project, first_id), current);
        }
        Self {
            last_id: connection.query_row(highest, [], |row| row.get(0)).unwrap_or_default(),
            versions,
            numbers: numbers(&connection).unwrap_or_default(),
        }
    }
}

fn projects(connection: &Connection) -> rusqlite::Result<Vec<(ProjectId, i64)>> {
    let mut select = connection.prepare("SELECT id, first_id FROM project ORDER BY id")?;
    let rows = select.query_map([], |row| Ok((ProjectId(row.get(0)?), row.get(1)?)))?;
    rows.collect()
}

fn numbers(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut select = connection.prepare("SELECT name, seq FROM sqlite_sequence")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Migrates the copy of a backup and appends its current versions again. Returns the newest id and the number of drafts.
pub(super) fn recover_copy(copy: &Path, mut previous: Previous) -> Result<(i64, usize), StoreError> {
    let mut connection = Connection::open(copy).map_err(failed("opening the copy"))?;
    schema::prepare(&mut connection)?;
    let transaction = write(&mut connection)?;
    let highest = "SELECT coalesce(max(last_id), 0) FROM project";
    let newest = |connection: &Connection| -> Result<i64, StoreError> {
        connection.query_row(highest, [], |row| row.get(0)).map_err(failed("reading the last id"))
    };
    let last_id = newest(&transaction)?.max(previous.last_id);
    let projects = projects(&transaction).map_err(failed("reading projects"))?;
    let remembered = projects.into_iter().map(|(project, first_id)| Remembered {
        project,
        last_id,
        versions: previous.versions.remove(&(project, first_id)).unwrap_or_default(),
        heads: Heads::All,
    });
    let recovered = recovery::recover(&transaction, remembered.collect(), &Clock::system())?;
    recovery::change_epoch(&transaction)?;
    let raising = || failed("raising the numbers of new rows");
    for (table, number) in previous.numbers {
        row_numbers::raise(&transaction, &table, number).map_err(raising())?;
    }
    row_numbers::raise_people(&transaction).map_err(raising())?;
    transaction.commit().map_err(failed("committing a recovery"))?;
    let newest = newest(&connection)?;
    // The companion files are merged into the copy, which is renamed without them.
    connection
        .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0))
        .map_err(failed("closing the copy"))?;
    drop(connection);
    let synced = File::open(copy).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::unavailable("closing the copy", error))?;
    Ok((newest, recovered.iter().map(|recovered| recovered.drafts).sum()))
}
