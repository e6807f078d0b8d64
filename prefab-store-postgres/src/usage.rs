//! Implements [`UsageCounts`] for [`PostgresStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, KeyRange, LevelCounts, Logger,
    MAX_COUNT, Property, StoreError, StoreFuture, UsageBatch, UsageCounts,
};
use tokio_postgres::Row;

use crate::{PostgresStore, database::Database, retention, sql::values, usage_writes};

const READING: &str = "reading reported counts";

/// Maximum number of loggers in one result.
const MOST_LOGGERS: i64 = 20_000;

/// Returns the SQL for a sum of counts, which is at most `MAX_COUNT`.
fn sum(column: &str) -> String {
    format!("least(sum({column}), {MAX_COUNT})::bigint")
}

impl UsageCounts for PostgresStore {
    fn record_usage(&self, seen: Vec<UsageBatch>) -> StoreFuture<'_, u64> {
        self.run(async move |database| usage_writes::add(&database, seen).await)
    }

    fn evaluation_counts(&self, wanted: EvaluationFilter) -> StoreFuture<'_, Vec<EvaluationCount>> {
        Box::pin(evaluations(&self.database, wanted))
    }

    fn last_evaluations(&self, project: ProjectId) -> StoreFuture<'_, Vec<(String, i64)>> {
        let sql = "SELECT key, last_at_millis FROM @.evaluated_key WHERE project_id = $1 ORDER BY key";
        Box::pin(async move {
            let rows = self.database.query(READING, sql, values![project]).await?;
            Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
        })
    }

    fn hourly_counts(
        &self,
        project: ProjectId,
        KeyRange { first, last }: KeyRange,
        from_millis: i64,
    ) -> StoreFuture<'_, Vec<HourlyCount>> {
        let sql = format!(
            "SELECT key, hour, {} FROM @.evaluation
             WHERE project_id = $1 AND hour >= $2 AND key >= $3 AND key <= $4 GROUP BY 1, 2 ORDER BY 1, 2",
            sum("count")
        );
        Box::pin(async move {
            let values = values![project, from_millis.div_euclid(HOUR_MILLIS), first, last];
            let rows = self.database.query(READING, &sql, values).await?;
            let hourly = |row: &Row| HourlyCount {
                key: row.get(0),
                at_millis: row.get::<_, i64>(1) * HOUR_MILLIS,
                count: row.get(2),
            };
            Ok(rows.iter().map(hourly).collect())
        })
    }

    fn loggers(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Logger>> {
        Box::pin(loggers(&self.database, project, environment))
    }

    fn properties(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Property>> {
        let sql = "SELECT environment_id, context, name, kind, last_at_millis FROM @.context_property
                   WHERE project_id = $1 AND ($2 IS NULL OR environment_id = $2) ORDER BY 2, 3, 4, 1";
        Box::pin(async move {
            let rows = self.database.query(READING, sql, values![project, environment]).await?;
            let property = |row: &Row| Property {
                environment: EnvironmentId(row.get(0)),
                context: row.get(1),
                name: row.get(2),
                kind: i32::try_from(row.get::<_, i64>(3)).unwrap_or_default(),
                last_at_millis: row.get(4),
            };
            Ok(rows.iter().map(property).collect())
        })
    }

    fn examples(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Example>> {
        let sql = "SELECT environment_id, max(at_millis), contexts
                   FROM (SELECT * FROM @.context_example UNION ALL SELECT * FROM @.public_context_example) e
                   WHERE project_id = $1 AND ($2 IS NULL OR environment_id = $2)
                   GROUP BY environment_id, contexts ORDER BY 2 DESC, 3";
        Box::pin(async move {
            let rows = self.database.query(READING, sql, values![project, environment]).await?;
            let example = |row: &Row| Example {
                environment: EnvironmentId(row.get(0)),
                at_millis: row.get(1),
                contexts: row.get(2),
            };
            Ok(rows.iter().map(example).collect())
        })
    }

    fn delete_counts_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(async move |database| retention::delete_counts(&database, at_millis).await)
    }
}

async fn evaluations(
    database: &Database,
    wanted: EvaluationFilter,
) -> Result<Vec<EvaluationCount>, StoreError> {
    let EvaluationFilter { project, key, environment, from_millis, to_millis, hours } = wanted;
    // Without a key the counts of all keys are added up, so values and versions have no meaning.
    let (config_id, value) = if key.is_some() { ("config_id", "value") } else { ("0::bigint", "''::text") };
    let sql = format!(
        "SELECT environment_id, at, config_id, value, {} FROM (
           SELECT environment_id, hour / $6 * $6 AS at, {config_id} AS config_id, {value} AS value, count
           FROM @.evaluation
           WHERE project_id = $1 AND ($2 IS NULL OR key = $2) AND ($3 IS NULL OR environment_id = $3)
             AND hour >= $4 AND hour < $5
         ) e GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4",
        sum("count")
    );
    let until = (to_millis + HOUR_MILLIS - 1).div_euclid(HOUR_MILLIS);
    let from = from_millis.div_euclid(HOUR_MILLIS);
    let rows =
        database.query(READING, &sql, values![project, key, environment, from, until, hours.max(1)]).await?;
    let count = |row: &Row| EvaluationCount {
        environment: EnvironmentId(row.get(0)),
        at_millis: row.get::<_, i64>(1) * HOUR_MILLIS,
        config_id: row.get(2),
        value: row.get(3),
        count: row.get(4),
    };
    Ok(rows.iter().map(count).collect())
}

async fn loggers(
    database: &Database,
    project: ProjectId,
    environment: Option<EnvironmentId>,
) -> Result<Vec<Logger>, StoreError> {
    // Names that only front-end keys reported come last, so that the limit cuts them off first.
    let levels = ["traces", "debugs", "infos", "warns", "errors", "fatals"].map(sum).join(", ");
    let sql = format!(
        "SELECT n.environment_id, n.name, {levels}, max(last_at_millis)
         FROM @.logger_name n
         JOIN @.logger l ON l.project_id = n.project_id AND l.environment_id = n.environment_id AND l.name = n.name
         WHERE n.project_id = $1 AND ($2 IS NULL OR n.environment_id = $2)
         GROUP BY n.environment_id, n.name, n.is_public ORDER BY n.is_public, n.name, n.environment_id LIMIT $3"
    );
    let rows = database.query(READING, &sql, values![project, environment, MOST_LOGGERS]).await?;
    let logger = |row: &Row| {
        let mut counts: LevelCounts = [0; 6];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = row.get(at + 2);
        }
        Logger {
            environment: EnvironmentId(row.get(0)),
            name: row.get(1),
            counts,
            last_at_millis: row.get(8),
        }
    };
    let mut loggers: Vec<Logger> = rows.iter().map(logger).collect();
    loggers.sort_by(|left, right| (&left.name, left.environment).cmp(&(&right.name, right.environment)));
    Ok(loggers)
}
