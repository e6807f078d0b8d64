//! Rows of the person table.

use prefab_store::accounts::Person;
use rusqlite::Row;

/// Reads a person whose columns are the first three.
pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { id: row.get(0)?, email: row.get(1)?, name: row.get(2)? })
}
