//! Deletion of old rows in small batches, because other work of the store waits for each batch.

use rusqlite::{Connection, params};

use crate::{failed, write};
use prefab_store::{HOUR_MILLIS, StoreError};

/// Maximum number of rows of a table per batch.
const BATCH: u32 = 1_000;

/// Deletes a batch of old counts from each table. Returns whether there are more.
///
/// The time of the last evaluation of a key is kept as long as the log of the key.
pub(super) fn forget_counts(connection: &mut Connection, at_millis: i64) -> Result<bool, StoreError> {
    let deleting = || failed("deleting old counts");
    let hour = at_millis.div_euclid(HOUR_MILLIS);
    let day = at_millis.div_euclid(24 * HOUR_MILLIS);
    // The index on hours begins with the project.
    let evaluations = "hour < ?1 AND project_id IN (SELECT id FROM project)";
    let evaluated = "last_at_millis < ?1 AND NOT EXISTS (SELECT 1 FROM config_head h
                     WHERE h.project_id = evaluated_key.project_id AND h.key = evaluated_key.key)";
    let transaction = write(connection)?;
    let mut has_more = false;
    for (table, key, condition, before) in [
        ("evaluation", "project_id, key, environment_id, hour, config_id, value", evaluations, hour),
        ("logger", "project_id, environment_id, name, day", "day < ?1", day),
        ("logger_name", "project_id, environment_id, name", "last_day < ?1", day),
        (
            "context_property",
            "project_id, environment_id, context, name, kind",
            "last_at_millis < ?1",
            at_millis,
        ),
        ("context_example", "project_id, environment_id, contexts", "at_millis < ?1", at_millis),
        ("public_context_example", "project_id, environment_id, contexts", "at_millis < ?1", at_millis),
        ("evaluated_key", "project_id, key", evaluated, at_millis),
    ] {
        let statement = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {BATCH})"
        );
        has_more |= transaction.execute(&statement, [before]).map_err(deleting())? >= BATCH as usize;
    }
    transaction.commit().map_err(deleting())?;
    Ok(has_more)
}

/// Deletes a batch of the oldest audit entries. Returns whether there may be more.
pub(super) fn forget_audit(connection: &mut Connection, at_millis: i64) -> Result<bool, StoreError> {
    let deleted = connection
        .execute(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?2) AND at_millis < ?1",
            params![at_millis, BATCH],
        )
        .map_err(failed("deleting old audit entries"))?;
    Ok(deleted > 0)
}
