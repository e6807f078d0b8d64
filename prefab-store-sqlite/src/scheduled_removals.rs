//! Implements [`ScheduledRemovals`] for [`SqliteStore`].

use rusqlite::{Connection, Params, Row, params};

use crate::{SqliteStore, failed};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{RuleTarget, ScheduledRemoval, ScheduledRemovals, StoreError, StoreFuture, TimedRule};

impl ScheduledRemovals for SqliteStore {
    fn schedule_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()> {
        self.run(move |connection| schedule_removal(connection, expiry))
    }

    fn cancel_removal(&self, rule: TimedRule) -> StoreFuture<'_, ()> {
        self.run(move |connection| forget(connection, &rule, None))
    }

    fn scheduled_removals(&self, project: ProjectId) -> StoreFuture<'_, Vec<ScheduledRemoval>> {
        self.lookups.run(move |connection| read(connection, "project_id = ?1", [project.0]))
    }

    fn due_removals(&self, now_millis: i64) -> StoreFuture<'_, Vec<ScheduledRemoval>> {
        self.lookups.run(move |connection| read(connection, "at_millis <= ?1", [now_millis]))
    }

    fn complete_removal(&self, expiry: ScheduledRemoval) -> StoreFuture<'_, ()> {
        self.run(move |connection| forget(connection, &expiry.rule, Some(expiry.at_millis)))
    }
}

fn schedule_removal(connection: &Connection, expiry: ScheduledRemoval) -> Result<(), StoreError> {
    let ScheduledRemoval { rule, at_millis, set_by } = expiry;
    let TimedRule { project, key, environment, target } = rule;
    let environment = environment.map_or(0, |id| id.0);
    connection
        .execute(
            "INSERT OR REPLACE INTO expiry (project_id, key, environment_id, target, at_millis, set_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![project.0, key, environment, target.to_text(), at_millis, set_by],
        )
        .map(drop)
        .map_err(failed("scheduling the removal of a rule"))
}

fn forget(connection: &Connection, rule: &TimedRule, at_millis: Option<i64>) -> Result<(), StoreError> {
    let TimedRule { project, key, environment, target } = rule;
    let environment = environment.map_or(0, |id| id.0);
    connection
        .execute(
            "DELETE FROM expiry WHERE project_id = ?1 AND key = ?2 AND environment_id = ?3 AND target = ?4
             AND (?5 IS NULL OR at_millis = ?5)",
            params![project.0, key, environment, target.to_text(), at_millis],
        )
        .map(drop)
        .map_err(failed("deleting the scheduled removal of a rule"))
}

fn read(
    connection: &Connection,
    wanted: &str,
    values: impl Params,
) -> Result<Vec<ScheduledRemoval>, StoreError> {
    let reading = || failed("reading scheduled removals");
    let query = format!(
        "SELECT project_id, key, environment_id, target, at_millis, set_by FROM expiry
         WHERE {wanted} ORDER BY at_millis, key"
    );
    let mut statement = connection.prepare_cached(&query).map_err(reading())?;
    let rows = statement.query_map(values, expiry).map_err(reading())?;
    let mut expiries = Vec::new();
    for row in rows {
        expiries.extend(row.map_err(reading())?);
    }
    Ok(expiries)
}

/// Decodes a target. A target that only a newer version supports is skipped.
fn expiry(row: &Row<'_>) -> rusqlite::Result<Option<ScheduledRemoval>> {
    let target: String = row.get(3)?;
    let Some(target) = RuleTarget::from_text(&target) else { return Ok(None) };
    let environment: i64 = row.get(2)?;
    Ok(Some(ScheduledRemoval {
        rule: TimedRule {
            project: ProjectId(row.get(0)?),
            key: row.get(1)?,
            environment: (environment != 0).then_some(EnvironmentId(environment)),
            target,
        },
        at_millis: row.get(4)?,
        set_by: row.get(5)?,
    }))
}
