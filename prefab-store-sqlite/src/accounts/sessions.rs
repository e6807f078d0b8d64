//! Sessions. A session ends after a day without use, and after two weeks in any case.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::accounts::{memberships, person_row::person};
use crate::failed;
use prefab_store::{
    StoreError,
    accounts::{SESSION_IDLE_MILLIS, SESSION_MILLIS, Session},
    key::KeyHash,
};

/// The resolution of the time of the last use, since a write per request would be too expensive.
pub(super) const USE_MILLIS: i64 = 60_000;

/// Returns whether a use should be written, given the last one that was written.
pub(super) fn is_due(last_used_millis: i64, now: i64) -> bool {
    now - last_used_millis >= USE_MILLIS
}

pub(super) fn start(
    connection: &Connection,
    person: i64,
    session: &KeyHash,
    now: i64,
) -> Result<(), StoreError> {
    let starting = || failed("creating a session");
    connection
        .execute(
            "DELETE FROM session WHERE created_at_millis < ?1 OR last_used_at_millis < ?2",
            params![now - SESSION_MILLIS, now - SESSION_IDLE_MILLIS],
        )
        .map_err(starting())?;
    connection
        .execute(
            "INSERT INTO session (hash, person_id, created_at_millis, last_used_at_millis)
             VALUES (?1, ?2, ?3, ?3)",
            params![session.0, person, now],
        )
        .map(drop)
        .map_err(starting())
}

/// Returns a session that has not ended, and when it was last used.
pub(super) fn find(
    connection: &Connection,
    session: &KeyHash,
    now: i64,
) -> Result<Option<(Session, i64)>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT id, email, name, last_used_at_millis, is_owner FROM session JOIN person ON id = person_id
             WHERE hash = ?1 AND session.created_at_millis >= ?2 AND last_used_at_millis >= ?3",
        )
        .and_then(|mut statement| {
            let since = params![session.0, now - SESSION_MILLIS, now - SESSION_IDLE_MILLIS];
            statement
                .query_row(since, |row| Ok((person(row)?, row.get::<_, i64>(3)?, row.get(4)?)))
                .optional()
        })
        .map_err(failed("reading a session"))?;
    let Some((person, last_used, is_owner)) = found else { return Ok(None) };
    let projects = memberships::projects(connection, person.id)?;
    Ok(Some((Session { person, projects, is_owner }, last_used)))
}

/// Records the use of a session.
pub(super) fn used(connection: &Connection, session: &KeyHash, now: i64) -> Result<(), StoreError> {
    connection
        .execute(
            // Of several requests that see the old time, one writes.
            "UPDATE session SET last_used_at_millis = ?2 WHERE hash = ?1 AND last_used_at_millis <= ?3",
            params![session.0, now, now - USE_MILLIS],
        )
        .map(drop)
        .map_err(failed("writing the use of a session"))
}

pub(super) fn end(connection: &Connection, session: &KeyHash) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM session WHERE hash = ?1", [session.0])
        .map(drop)
        .map_err(failed("ending a session"))
}

/// Ends all sessions of a person except one.
pub(super) fn end_all(connection: &Connection, person: i64, but: Option<&KeyHash>) -> Result<(), StoreError> {
    let but: &[u8] = but.map_or(&[], |hash| &hash.0);
    connection
        .execute("DELETE FROM session WHERE person_id = ?1 AND hash <> ?2", params![person, but])
        .map(drop)
        .map_err(failed("ending the sessions of a person"))
}
