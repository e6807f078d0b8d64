//! The tables of a file as rows, to copy a store into one of another kind.

use std::{ops::ControlFlow, path::Path};

use prefab_store::{
    StoreError,
    tables::{Cell, ROWS_PER_CHUNK, Rows, TABLES, Table},
};
use rusqlite::{
    Connection, Row, ToSql, Transaction, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

use crate::{failed, private_files, readers, row_numbers, schema};

/// Reads all tables of a file in one transaction. The file must have the schema of this version; opening the store upgrades
/// it. `sink` can end the reading.
///
/// # Errors
///
/// [`StoreError`] if the file cannot be read.
pub fn read_tables(file: &Path, mut sink: impl FnMut(Rows) -> ControlFlow<()>) -> Result<(), StoreError> {
    let mut connection = readers::connect(file).map_err(failed("opening the file for reading"))?;
    schema::check_version(&connection)?;
    let transaction = connection.transaction().map_err(failed("beginning a read"))?;
    for table in TABLES {
        if read_table(&transaction, table, &mut sink)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn read_table(
    transaction: &Transaction<'_>,
    table: &'static Table,
    sink: &mut impl FnMut(Rows) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, StoreError> {
    let reading = || failed("reading a table");
    let columns = table.columns.join(", ");
    let sql = format!("SELECT {columns} FROM {}", table.name);
    let mut select = transaction.prepare(&sql).map_err(reading())?;
    let mut found = select.query([]).map_err(reading())?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().map_err(reading())? {
        rows.push(
            (0..table.columns.len()).map(|at| cell(row, at)).collect::<Result<_, _>>().map_err(reading())?,
        );
        if rows.len() >= ROWS_PER_CHUNK {
            let rows = std::mem::take(&mut rows);
            if sink(Rows { table, rows }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(if rows.is_empty() { ControlFlow::Continue(()) } else { sink(Rows { table, rows }) })
}

fn cell(row: &Row<'_>, at: usize) -> rusqlite::Result<Cell> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        // Strict tables have no other type.
        ValueRef::Real(_) | ValueRef::Text(_) => Cell::Text(row.get(at)?),
        ValueRef::Blob(value) => Cell::Blob(value.to_vec()),
    })
}

/// Writes a new database with the rows that `next` returns. The file must be empty, or not exist.
///
/// # Errors
///
/// [`StoreError`] if the file cannot be written, or the error of `next`.
pub fn write_tables(
    file: &Path,
    mut next: impl FnMut() -> Result<Option<Rows>, StoreError>,
) -> Result<(), StoreError> {
    let writing = || failed("writing a table");
    let creating = |error| StoreError::unavailable("creating the file", error);
    private_files::claim(file).map_err(creating)?;
    if file.metadata().map_err(creating)?.len() > 0 {
        return Err(StoreError::unavailable("creating the file", "it exists and is not empty"));
    }
    let mut connection = Connection::open(file).map_err(failed("opening the file"))?;
    schema::prepare(&mut connection)?;
    let transaction = connection.transaction().map_err(writing())?;
    // A new file has an epoch of its own.
    transaction.execute("DELETE FROM epoch", []).map_err(writing())?;
    while let Some(Rows { table, rows }) = next()? {
        let columns = table.columns.join(", ");
        let places = vec!["?"; table.columns.len()].join(", ");
        let sql = format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name);
        let mut insert = transaction.prepare_cached(&sql).map_err(writing())?;
        for row in rows {
            insert.execute(params_from_iter(row.into_iter().map(Bound))).map_err(writing())?;
        }
    }
    row_numbers::raise_people(&transaction).map_err(writing())?;
    transaction.commit().map_err(writing())?;
    // One file without companions.
    connection.pragma_update(None, "journal_mode", "DELETE").map_err(writing())
}

/// A value as a parameter.
struct Bound(Cell);

impl ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Integer(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Cell::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Cell::Blob(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use prefab_store::tables::TRANSIENT_TABLES;

    use super::*;

    #[test]
    fn every_table_and_column_is_listed() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection).unwrap();
        let sql = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                   WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
        let mut select = connection.prepare(sql).unwrap();
        let columns = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut stored: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for column in columns {
            let (table, column): (String, String) = column.unwrap();
            if !TRANSIENT_TABLES.contains(&&*table) {
                stored.entry(table).or_default().push(column);
            }
        }
        for columns in stored.values_mut() {
            columns.sort();
        }
        let listed = TABLES.iter().map(|table| {
            let mut columns: Vec<String> = table.columns.iter().map(ToString::to_string).collect();
            columns.sort();
            (table.name.to_owned(), columns)
        });
        assert_eq!(listed.collect::<BTreeMap<_, _>>(), stored);
    }

    #[test]
    fn the_number_of_a_deleted_person_is_not_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("copy.db");
        let find = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap();
        let (project, version) = (find("project"), find("config_version"));
        let project_row = vec![
            Cell::Integer(1),
            Cell::Text("p".to_owned()),
            Cell::Integer(1),
            Cell::Integer(9),
            Cell::Integer(0),
        ];
        let version_by = |id: i64, person: i64| {
            let cell = |column: &&str| match *column {
                "project_id" => Cell::Integer(1),
                "id" => Cell::Integer(id),
                "user_id" => Cell::Integer(person),
                "changed_at_millis" => Cell::Integer(0),
                "previous_id" | "body" => Cell::Null,
                _ => Cell::Text(String::new()),
            };
            version.columns.iter().map(cell).collect()
        };
        let rows = vec![version_by(2, 7), version_by(3, 3), version_by(4, i64::MAX)];
        let mut chunks =
            vec![Rows { table: version, rows }, Rows { table: project, rows: vec![project_row] }];
        write_tables(&file, || Ok(chunks.pop())).unwrap();
        let connection = Connection::open(&file).unwrap();
        let insert = "INSERT INTO person (email, name, created_at_millis, is_owner) VALUES ('a', 'a', 0, 0)";
        connection.execute(insert, []).unwrap();
        assert_eq!(connection.last_insert_rowid(), 8);
    }

    #[test]
    fn rows_survive_a_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first.db"), dir.path().join("second.db"));
        let table = TABLES.iter().find(|table| table.name == "installation").unwrap();
        let row = |name: &str| vec![Cell::Text(name.to_owned()), Cell::Text("value".to_owned())];
        let count = ROWS_PER_CHUNK + 1;
        let mut chunks = vec![Rows { table, rows: (0..count).map(|at| row(&at.to_string())).collect() }];
        write_tables(&first, || Ok(chunks.pop())).unwrap();
        assert!(!dir.path().join("first.db-wal").exists());
        let mut read = Vec::new();
        read_tables(&first, |rows| {
            read.push(rows);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(read.iter().map(|rows| rows.rows.len()).collect::<Vec<_>>(), [ROWS_PER_CHUNK, 1]);
        let mut chunks = read.clone().into_iter();
        write_tables(&second, || Ok(chunks.next())).unwrap();
        assert!(write_tables(&second, || Ok(None)).is_err(), "the file exists");
    }
}
