//! Browsers in which a person has logged in. Attempts of others do not lock them out.

use rusqlite::{Connection, params};

use crate::failed;
use prefab_store::{
    StoreError,
    accounts::{KNOWN_BROWSER_MILLIS, MAX_KNOWN_BROWSERS},
    key::KeyHash,
};

pub(super) fn keep(
    connection: &Connection,
    person: i64,
    browser: &KeyHash,
    now: i64,
) -> Result<(), StoreError> {
    let keeping = || failed("storing a known browser");
    connection
        .execute("DELETE FROM known_browser WHERE seen_at_millis < ?1", [now - KNOWN_BROWSER_MILLIS])
        .map_err(keeping())?;
    connection
        .execute(
            "INSERT OR REPLACE INTO known_browser (hash, person_id, seen_at_millis) VALUES (?1, ?2, ?3)",
            params![browser.0, person, now],
        )
        .map_err(keeping())?;
    connection
        .execute(
            "DELETE FROM known_browser WHERE person_id = ?1 AND hash IN (
               SELECT hash FROM known_browser WHERE person_id = ?1
               ORDER BY seen_at_millis DESC, hash = ?2 DESC LIMIT -1 OFFSET ?3
             )",
            params![person, browser.0, MAX_KNOWN_BROWSERS],
        )
        .map(drop)
        .map_err(keeping())
}

pub(super) fn is_known(
    connection: &Connection,
    person: i64,
    browser: &KeyHash,
    now: i64,
) -> Result<bool, StoreError> {
    connection
        .query_row(
            "SELECT EXISTS (
               SELECT 1 FROM known_browser WHERE hash = ?1 AND person_id = ?2 AND seen_at_millis >= ?3
             )",
            params![browser.0, person, now - KNOWN_BROWSER_MILLIS],
            |row| row.get(0),
        )
        .map_err(failed("reading a known browser"))
}

/// Forgets the browsers of a person.
pub(super) fn forget(connection: &Connection, person: i64) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM known_browser WHERE person_id = ?1", [person])
        .map(drop)
        .map_err(failed("forgetting known browsers"))
}
