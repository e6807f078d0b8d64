//! Queries on the counts that clients reported.

use rusqlite::{Connection, Params, Row, Statement, params};

use crate::failed;
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, KeyRange, LevelCounts, Logger,
    MAX_COUNT, Property, StoreError,
};

/// Maximum number of loggers in one result.
const MOST_LOGGERS: i64 = 20_000;

/// Returns the SQL for a sum of counts. Unlike `sum`, it does not overflow, and it is at most `MAX_COUNT`.
fn sum(column: &str) -> String {
    format!("CAST(min(total({column}), {MAX_COUNT}.0) AS INTEGER)")
}

pub(super) fn evaluations(
    connection: &Connection,
    wanted: &EvaluationFilter,
) -> Result<Vec<EvaluationCount>, StoreError> {
    let EvaluationFilter { project, key, environment, from_millis, to_millis, hours } = wanted;
    // Without a key the counts of all keys are added up, so values and versions have no meaning.
    let (config_id, value) = if key.is_some() { ("config_id", "value") } else { ("0", "''") };
    let count = sum("count");
    let query = format!(
        "SELECT environment_id, hour / ?6 * ?6 AS at, {config_id}, {value}, {count} FROM evaluation
         WHERE project_id = ?1 AND (?2 IS NULL OR key = ?2) AND (?3 IS NULL OR environment_id = ?3)
           AND hour >= ?4 AND hour < ?5
         GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4"
    );
    let until = (to_millis + HOUR_MILLIS - 1).div_euclid(HOUR_MILLIS);
    let values = params![
        project.0,
        key,
        environment.map(|id| id.0),
        from_millis.div_euclid(HOUR_MILLIS),
        until,
        (*hours).max(1)
    ];
    read(connection, &query, values, |row| {
        Ok(EvaluationCount {
            environment: EnvironmentId(row.get(0)?),
            at_millis: row.get::<_, i64>(1)? * HOUR_MILLIS,
            config_id: row.get(2)?,
            value: row.get(3)?,
            count: row.get(4)?,
        })
    })
}

pub(super) fn evaluated(
    connection: &Connection,
    project: ProjectId,
) -> Result<Vec<(String, i64)>, StoreError> {
    let query = "SELECT key, last_at_millis FROM evaluated_key WHERE project_id = ?1";
    read(connection, query, params![project.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn hourly(
    connection: &Connection,
    project: ProjectId,
    KeyRange { first, last }: &KeyRange,
    from_millis: i64,
) -> Result<Vec<HourlyCount>, StoreError> {
    let count = sum("count");
    let query = format!(
        "SELECT key, hour, {count} FROM evaluation
         WHERE project_id = ?1 AND hour >= ?2 AND key >= ?3 AND key <= ?4 GROUP BY 1, 2"
    );
    let values = params![project.0, from_millis.div_euclid(HOUR_MILLIS), first, last];
    read(connection, &query, values, |row| {
        Ok(HourlyCount {
            key: row.get(0)?,
            at_millis: row.get::<_, i64>(1)? * HOUR_MILLIS,
            count: row.get(2)?,
        })
    })
}

pub(super) fn loggers(
    connection: &Connection,
    project: ProjectId,
    environment: Option<EnvironmentId>,
) -> Result<Vec<Logger>, StoreError> {
    // Names that only front-end keys reported come last, so that the limit cuts them off first.
    let levels = ["traces", "debugs", "infos", "warns", "errors", "fatals"].map(sum).join(", ");
    let query = format!(
        "SELECT n.environment_id, n.name, {levels}, max(last_at_millis)
         FROM logger_name n
         JOIN logger l ON l.project_id = n.project_id AND l.environment_id = n.environment_id AND l.name = n.name
         WHERE n.project_id = ?1 AND (?2 IS NULL OR n.environment_id = ?2)
         GROUP BY n.environment_id, n.name ORDER BY n.is_public, n.name, n.environment_id LIMIT ?3"
    );
    let mut loggers =
        read(connection, &query, params![project.0, environment.map(|id| id.0), MOST_LOGGERS], |row| {
            let mut counts: LevelCounts = [0; 6];
            for (at, count) in counts.iter_mut().enumerate() {
                *count = row.get(at + 2)?;
            }
            Ok(Logger {
                environment: EnvironmentId(row.get(0)?),
                name: row.get(1)?,
                counts,
                last_at_millis: row.get(8)?,
            })
        })?;
    loggers.sort_by(|left, right| (&left.name, left.environment).cmp(&(&right.name, right.environment)));
    Ok(loggers)
}

pub(super) fn properties(
    connection: &Connection,
    project: ProjectId,
    environment: Option<EnvironmentId>,
) -> Result<Vec<Property>, StoreError> {
    let query = "SELECT environment_id, context, name, kind, last_at_millis FROM context_property
                 WHERE project_id = ?1 AND (?2 IS NULL OR environment_id = ?2) ORDER BY 2, 3, 4, 1";
    read(connection, query, params![project.0, environment.map(|id| id.0)], |row| {
        Ok(Property {
            environment: EnvironmentId(row.get(0)?),
            context: row.get(1)?,
            name: row.get(2)?,
            kind: row.get(3)?,
            last_at_millis: row.get(4)?,
        })
    })
}

pub(super) fn examples(
    connection: &Connection,
    project: ProjectId,
    environment: Option<EnvironmentId>,
) -> Result<Vec<Example>, StoreError> {
    let query = "SELECT environment_id, max(at_millis), contexts
                 FROM (SELECT * FROM context_example UNION ALL SELECT * FROM public_context_example)
                 WHERE project_id = ?1 AND (?2 IS NULL OR environment_id = ?2)
                 GROUP BY environment_id, contexts ORDER BY 2 DESC, 3";
    read(connection, query, params![project.0, environment.map(|id| id.0)], |row| {
        Ok(Example { environment: EnvironmentId(row.get(0)?), at_millis: row.get(1)?, contexts: row.get(2)? })
    })
}

pub(super) fn size(connection: &Connection) -> Result<i64, StoreError> {
    let query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    connection.query_row(query, [], |row| row.get(0)).map_err(failed("measuring the database"))
}

fn read<T>(
    connection: &Connection,
    query: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let rows = |statement: &mut Statement<'_>| statement.query_map(values, read)?.collect();
    let statement = connection.prepare_cached(query);
    statement.and_then(|mut statement| rows(&mut statement)).map_err(failed("reading reported counts"))
}
