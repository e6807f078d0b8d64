//! Deletion of old rows in small batches, so that no transaction is long.

use prefab_store::{HOUR_MILLIS, StoreError};

use crate::{database::Database, sql::values};

/// Maximum number of rows of a table per batch.
const BATCH: u32 = 1_000;

/// The tables with counts, their time columns, and further conditions. The time of the last evaluation of a key is kept as
/// long as the log of the key.
const COUNTS: [(&str, &str, Unit, &str); 7] = [
    // The index on hours begins with the project.
    ("evaluation", "hour", Unit::Hour, "t.project_id IN (SELECT id FROM @.project)"),
    ("logger", "day", Unit::Day, "true"),
    ("logger_name", "last_day", Unit::Day, "true"),
    ("context_property", "last_at_millis", Unit::Milli, "true"),
    ("context_example", "at_millis", Unit::Milli, "true"),
    ("public_context_example", "at_millis", Unit::Milli, "true"),
    (
        "evaluated_key",
        "last_at_millis",
        Unit::Milli,
        "NOT EXISTS (SELECT 1 FROM @.config_head h WHERE h.project_id = t.project_id AND h.key = t.key)",
    ),
];

/// The unit of a time column.
#[derive(Clone, Copy)]
enum Unit {
    Milli,
    Hour,
    Day,
}

/// Deletes a batch of old counts from each table. Returns whether there are more.
///
/// A row that another server deletes at the same time is skipped.
pub(crate) async fn delete_counts(database: &Database, at_millis: i64) -> Result<bool, StoreError> {
    let mut session = database.background("deleting old counts").await?;
    let mut has_more = false;
    for (table, column, unit, condition) in COUNTS {
        let before = match unit {
            Unit::Milli => at_millis,
            Unit::Hour => at_millis.div_euclid(HOUR_MILLIS),
            Unit::Day => at_millis.div_euclid(24 * HOUR_MILLIS),
        };
        let sql = format!(
            "DELETE FROM @.{table} WHERE ctid = ANY (ARRAY (
               SELECT t.ctid FROM @.{table} t WHERE t.{column} < $1 AND {condition}
               LIMIT {BATCH} FOR UPDATE SKIP LOCKED))"
        );
        has_more |= session.execute(&sql, values![before]).await? >= u64::from(BATCH);
    }
    Ok(has_more)
}

/// Deletes a batch of the oldest audit entries. Returns whether there may be more.
pub(crate) async fn delete_audit(database: &Database, at_millis: i64) -> Result<bool, StoreError> {
    let sql = format!(
        "DELETE FROM @.audit WHERE at_millis < $1 AND id = ANY (ARRAY (
           SELECT id FROM @.audit ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED))"
    );
    let mut session = database.background("deleting old audit entries").await?;
    Ok(session.execute(&sql, values![at_millis]).await? > 0)
}
