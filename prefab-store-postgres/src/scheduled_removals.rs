//! Implements [`ScheduledRemovals`] for [`PostgresStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{RuleTarget, ScheduledRemoval, ScheduledRemovals, StoreError, StoreFuture, TimedRule};
use sha2::{Digest as _, Sha256};
use tokio_postgres::Row;

use crate::{
    PostgresStore,
    database::Database,
    sql::{Value, values},
};

impl ScheduledRemovals for PostgresStore {
    fn schedule_removal(&self, removal: ScheduledRemoval) -> StoreFuture<'_, ()> {
        self.run(async move |database| {
            let ScheduledRemoval { rule, at_millis, set_by } = removal;
            let target = rule.target.to_text();
            let TimedRule { project, key, environment, target: _ } = rule;
            let sql = "INSERT INTO @.expiry (project_id, key, environment_id, target_hash, target, at_millis, set_by)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)
                       ON CONFLICT (project_id, key, environment_id, target_hash) DO UPDATE
                       SET at_millis = $6, set_by = $7";
            let environment = environment.map_or(0, |id| id.0);
            let values = values![project, key, environment, &*hash(&target), target, at_millis, set_by];
            database.execute("scheduling the removal of a rule", sql, values).await.map(drop)
        })
    }

    fn cancel_removal(&self, rule: TimedRule) -> StoreFuture<'_, ()> {
        self.run(async move |database| delete(&database, rule, None).await)
    }

    fn complete_removal(&self, removal: ScheduledRemoval) -> StoreFuture<'_, ()> {
        self.run(async move |database| delete(&database, removal.rule, Some(removal.at_millis)).await)
    }

    fn due_removals(&self, now_millis: i64) -> StoreFuture<'_, Vec<ScheduledRemoval>> {
        Box::pin(async move { read(&self.database, "at_millis <= $1", values![now_millis]).await })
    }

    fn scheduled_removals(&self, project: ProjectId) -> StoreFuture<'_, Vec<ScheduledRemoval>> {
        Box::pin(async move { read(&self.database, "project_id = $1", values![project]).await })
    }
}

async fn delete(database: &Database, rule: TimedRule, at_millis: Option<i64>) -> Result<(), StoreError> {
    let TimedRule { project, key, environment, target } = rule;
    let sql =
        "DELETE FROM @.expiry WHERE project_id = $1 AND key = $2 AND environment_id = $3 AND target_hash = $4
               AND ($5 IS NULL OR at_millis = $5)";
    let environment = environment.map_or(0, |id| id.0);
    let values = values![project, key, environment, &*hash(&target.to_text()), at_millis];
    database.execute("deleting the scheduled removal of a rule", sql, values).await.map(drop)
}

async fn read(
    database: &Database,
    condition: &str,
    values: &[Value],
) -> Result<Vec<ScheduledRemoval>, StoreError> {
    let sql = format!(
        "SELECT project_id, key, environment_id, target, at_millis, set_by FROM @.expiry
         WHERE {condition} ORDER BY at_millis, key"
    );
    let rows = database.query("reading scheduled removals", &sql, values).await?;
    Ok(rows.iter().filter_map(removal).collect())
}

/// Decodes a removal. A target that only a newer version supports is skipped.
fn removal(row: &Row) -> Option<ScheduledRemoval> {
    let environment: i64 = row.get(2);
    Some(ScheduledRemoval {
        rule: TimedRule {
            project: ProjectId(row.get(0)),
            key: row.get(1),
            environment: (environment != 0).then_some(EnvironmentId(environment)),
            target: RuleTarget::from_text(row.get(3))?,
        },
        at_millis: row.get(4),
        set_by: row.get(5),
    })
}

/// Returns the hash of a text, for a primary key.
pub(crate) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
