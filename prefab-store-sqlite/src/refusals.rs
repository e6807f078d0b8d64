//! Refusals in the audit log: equal refusals of one hour share an entry with a count, and the number of entries per hour
//! is limited.

use rusqlite::{Connection, params};

use crate::{audit, failed};
use prefab_store::{HOUR_MILLIS, MAX_COUNT, Refusal, StoreError};
use prefab_store::{REFUSALS_PER_HOUR, REFUSALS_PER_PROJECT};

pub(super) fn write(connection: &mut Connection, refusals: &[Refusal], now: i64) -> Result<(), StoreError> {
    let transaction = super::write(connection)?;
    for refusal in refusals {
        write_one(&transaction, refusal, now)?;
    }
    transaction.commit().map_err(failed("writing the audit log"))
}

fn write_one(
    connection: &Connection,
    Refusal { entry, count }: &Refusal,
    now: i64,
) -> Result<(), StoreError> {
    let hour = now.div_euclid(HOUR_MILLIS);
    let name = entry.refusal_name(hour);
    if add(connection, &name, *count)? {
        return Ok(());
    }
    let project = entry.project.map(|id| id.0).unwrap_or_default();
    let has_room = named(connection, &format!("{hour}/"))? < REFUSALS_PER_HOUR
        && named(connection, &format!("{hour}/{project}/"))? < REFUSALS_PER_PROJECT;
    if has_room {
        return audit::insert_refusal(connection, entry, (&name, *count), now);
    }
    let further = Refusal::further(entry.project, &entry.action, *count);
    let name = further.entry.refusal_name(hour);
    if add(connection, &name, *count)? {
        return Ok(());
    }
    audit::insert_refusal(connection, &further.entry, (&name, *count), now)
}

/// Adds to the count of an entry. Returns whether the entry exists.
fn add(connection: &Connection, name: &str, count: i64) -> Result<bool, StoreError> {
    let statement = format!("UPDATE audit SET count = min(count + ?2, {MAX_COUNT}) WHERE refusal = ?1");
    let updated = connection
        .prepare_cached(&statement)
        .and_then(|mut statement| statement.execute(params![name, count]));
    updated.map(|count| count > 0).map_err(failed("writing the audit log"))
}

/// Counts the entries whose names start with `prefix`, which ends with a slash; `0` is the character after it.
fn named(connection: &Connection, prefix: &str) -> Result<i64, StoreError> {
    let end = format!("{}0", prefix.trim_end_matches('/'));
    let query = "SELECT count(*) FROM audit WHERE refusal >= ?1 AND refusal < ?2";
    let counted = connection
        .prepare_cached(query)
        .and_then(|mut statement| statement.query_row([prefix, &end], |row| row.get(0)));
    counted.map_err(failed("reading the audit log"))
}
