//! The numbers of new rows, which no earlier row may have had.

use rusqlite::{Connection, params};

/// The highest number of a person that is still in use, or that a credential or a version refers to. Deleted accounts have no
/// row, so a copy of the rows alone would reuse their numbers, and new people would appear as the authors of old changes. The user id
/// of an API key can be any number, so numbers of 2^53 and above are ignored.
const HIGHEST_PERSON: &str = "SELECT max(
      coalesce((SELECT max(id) FROM person), 0),
      coalesce((SELECT max(created_by_person) FROM api_key), 0),
      coalesce((SELECT max(created_by_person) FROM token), 0),
      coalesce((SELECT max(user_id) FROM config_version WHERE user_id < 9007199254740992), 0)
    )";

/// Raises the number of the newest row of a table, so that later rows do not get a number a second time.
pub(crate) fn raise(connection: &Connection, table: &str, number: i64) -> rusqlite::Result<()> {
    let update = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
    if connection.execute(update, params![table, number])? == 0 {
        // SQLite adds the row of a table with the first row of that table.
        let insert = "INSERT INTO sqlite_sequence (name, seq)
                      SELECT name, ?2 FROM sqlite_master WHERE type = 'table' AND name = ?1";
        connection.execute(insert, params![table, number])?;
    }
    Ok(())
}

/// Raises the number of the newest person above all numbers that the other tables refer to.
pub(crate) fn raise_people(connection: &Connection) -> rusqlite::Result<()> {
    let highest = connection.query_row(HIGHEST_PERSON, [], |row| row.get(0))?;
    raise(connection, "person", highest)
}
