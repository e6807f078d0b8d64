//! Password reset links. Each can be used once before it expires, and a person has at most one.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::accounts::{memberships, person_row::person};
use crate::failed;
use crate::{
    accounts::{browsers, owners, people::keep_password, reset_row, sessions},
    write,
};
use prefab_store::{
    StoreError,
    accounts::{NewReset, Person, Session},
    key::KeyHash,
};

pub(super) fn keep(connection: &Connection, reset: &NewReset) -> Result<(), StoreError> {
    let NewReset { hash, person, expires_at_millis } = reset;
    connection
        .execute(
            "INSERT OR REPLACE INTO reset (person_id, hash, expires_at_millis) VALUES (?1, ?2, ?3)",
            params![person, hash.0, expires_at_millis],
        )
        .map(drop)
        .map_err(failed("creating a password reset link"))
}

/// Returns the person whose password a link sets.
pub(super) fn find(connection: &Connection, reset: &KeyHash, now: i64) -> Result<Option<Person>, StoreError> {
    connection
        .query_row(
            "SELECT id, email, name FROM reset JOIN person ON id = person_id
             WHERE reset.hash = ?1 AND expires_at_millis > ?2",
            params![reset.0, now],
            person,
        )
        .optional()
        .map_err(failed("reading a password reset link"))
}

/// Sets the password, deletes the link, and ends all sessions.
pub(super) fn use_up(
    connection: &mut Connection,
    reset: &KeyHash,
    password: &str,
    now: i64,
) -> Result<Option<Session>, StoreError> {
    let transaction = write(connection)?;
    let Some(person) = find(&transaction, reset, now)? else { return Ok(None) };
    keep_password(&transaction, person.id, password, now)?;
    reset_row::delete(&transaction, person.id)?;
    sessions::end_all(&transaction, person.id, None)?;
    let projects = memberships::projects(&transaction, person.id)?;
    let is_owner = owners::is_owner(&transaction, person.id)?;
    browsers::forget(&transaction, person.id)?;
    transaction.commit().map_err(failed("setting a new password"))?;
    Ok(Some(Session { person, projects, is_owner }))
}
