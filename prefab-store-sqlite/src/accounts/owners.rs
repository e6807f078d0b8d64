//! The owners of the installation, and its settings.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    accounts::{person_row::person, reset_row},
    failed, write,
};
use prefab_store::{
    StoreError,
    accounts::{Inviters, OwnerChange, Person},
};

pub(super) fn list(connection: &Connection) -> Result<Vec<Person>, StoreError> {
    let reading = || failed("reading the owners");
    let mut statement = connection
        .prepare_cached("SELECT id, email, name FROM person WHERE is_owner ORDER BY email")
        .map_err(reading())?;
    statement.query_map([], person).and_then(Iterator::collect).map_err(reading())
}

pub(super) fn is_owner(connection: &Connection, person: i64) -> Result<bool, StoreError> {
    Ok(list(connection)?.iter().any(|owner| owner.id == person))
}

/// Returns whether this person is the only owner, among several people.
pub(super) fn is_last(connection: &Connection, person: i64) -> Result<bool, StoreError> {
    let others: bool = connection
        .query_row("SELECT EXISTS (SELECT 1 FROM person WHERE id <> ?1)", [person], |row| row.get(0))
        .map_err(failed("counting accounts"))?;
    Ok(others && list(connection)?.iter().all(|owner| owner.id == person) && is_owner(connection, person)?)
}

pub(super) fn set(
    connection: &mut Connection,
    person: i64,
    is_owner: bool,
) -> Result<OwnerChange, StoreError> {
    let transaction = write(connection)?;
    if !is_owner && is_last(&transaction, person)? {
        return Ok(OwnerChange::LastOwner);
    }
    let changed = transaction
        .execute("UPDATE person SET is_owner = ?2 WHERE id = ?1", params![person, is_owner])
        .map_err(failed("changing the owners"))?;
    if is_owner {
        // An admin, who may not create a link for an owner, may have created it.
        reset_row::delete(&transaction, person)?;
    }
    transaction.commit().map_err(failed("changing the owners"))?;
    Ok(if changed > 0 { OwnerChange::Done } else { OwnerChange::Unknown })
}

pub(super) fn inviters(connection: &Connection) -> Result<Inviters, StoreError> {
    let value: Option<String> = connection
        .query_row("SELECT value FROM installation WHERE name = 'inviters'", [], |row| row.get(0))
        .optional()
        .map_err(failed("reading a setting"))?;
    // A value of a newer version is read as the stricter one.
    Ok(match value.as_deref() {
        None | Some("admins") => Inviters::Admins,
        Some(_) => Inviters::Owners,
    })
}

pub(super) fn set_inviters(connection: &Connection, inviters: Inviters) -> Result<(), StoreError> {
    let value = match inviters {
        Inviters::Admins => "admins",
        Inviters::Owners => "owners",
    };
    connection
        .execute("INSERT OR REPLACE INTO installation (name, value) VALUES ('inviters', ?1)", [value])
        .map(drop)
        .map_err(failed("changing a setting"))
}
