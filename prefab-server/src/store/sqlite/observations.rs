//! What clients reported: counts that are added up, and contexts of which the newest are kept.

use rusqlite::{Connection, Params, Row, Statement, Transaction, params};

use super::{failed, write};
use crate::{
    ids::{EnvironmentId, ProjectId},
    store::{
        EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, KeyRange, LevelCounts, Logger,
        Observed, Property, StoreError,
    },
};

/// How many examples are kept per environment.
const MOST_EXAMPLES: i64 = 100;
/// How many properties are kept per environment; others than the newest are forgotten.
const MOST_PROPERTIES: i64 = 5_000;
/// How many loggers are told.
const MOST_LOGGERS: i64 = 20_000;

const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

pub(super) fn add(connection: &mut Connection, seen: &[Observed]) -> Result<(), StoreError> {
    let transaction = write(connection)?;
    seen.iter()
        .try_for_each(|seen| add_one(&transaction, seen))
        .map_err(failed("writing what was reported"))?;
    transaction.commit().map_err(failed("writing what was reported"))
}

fn add_one(transaction: &Transaction<'_>, seen: &Observed) -> rusqlite::Result<()> {
    let Observed { project, environment, at_millis, evaluations, loggers, properties, examples } = seen;
    let (project, environment) = (project.0, environment.0);
    let mut count = transaction.prepare_cached(
        "INSERT INTO evaluation (project_id, key, environment_id, hour, config_id, value, count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    let mut last = transaction.prepare_cached(
        "INSERT INTO evaluated_key (project_id, key, last_at_millis) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET last_at_millis = max(last_at_millis, excluded.last_at_millis)",
    )?;
    let hour = at_millis.div_euclid(HOUR_MILLIS);
    for one in evaluations {
        count.execute(params![project, one.key, environment, hour, one.config_id, one.value, one.count])?;
        last.execute(params![project, one.key, at_millis])?;
    }
    let mut logger = transaction.prepare_cached(
        "INSERT INTO logger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET traces = traces + excluded.traces, debugs = debugs + excluded.debugs,
           infos = infos + excluded.infos, warns = warns + excluded.warns, errors = errors + excluded.errors,
           fatals = fatals + excluded.fatals, last_at_millis = max(last_at_millis, excluded.last_at_millis)",
    )?;
    let day = at_millis.div_euclid(DAY_MILLIS);
    for (name, [traces, debugs, infos, warns, errors, fatals]) in loggers {
        logger.execute(params![
            project,
            environment,
            name,
            day,
            traces,
            debugs,
            infos,
            warns,
            errors,
            fatals,
            at_millis
        ])?;
    }
    let mut property = transaction.prepare_cached(
        "INSERT INTO context_property VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET last_at_millis = max(last_at_millis, excluded.last_at_millis)",
    )?;
    for (context, name, kind) in properties {
        property.execute(params![project, environment, context, name, kind, at_millis])?;
    }
    let mut example = transaction.prepare_cached(
        "INSERT INTO context_example VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET at_millis = max(at_millis, excluded.at_millis)",
    )?;
    for (contexts, at_millis) in examples {
        example.execute(params![project, environment, contexts, at_millis])?;
    }
    // By all columns: whoever sends many at one moment must not make any of them stay.
    let keep_newest = |table: &str, order: &str, most: i64| {
        let own = format!("{table} WHERE project_id = ?1 AND environment_id = ?2");
        let descending = order.replace(',', " DESC,");
        let statement = format!(
            "DELETE FROM {own} AND ({order}) <
             (SELECT {order} FROM {own} ORDER BY {descending} DESC LIMIT 1 OFFSET ?3)"
        );
        transaction.execute(&statement, params![project, environment, most - 1])
    };
    if !examples.is_empty() {
        keep_newest("context_example", "at_millis, contexts", MOST_EXAMPLES)?;
    }
    if !properties.is_empty() {
        keep_newest("context_property", "last_at_millis, context, name, kind", MOST_PROPERTIES)?;
    }
    Ok(())
}

pub(super) fn evaluations(
    connection: &Connection,
    wanted: &EvaluationFilter,
) -> Result<Vec<EvaluationCount>, StoreError> {
    let EvaluationFilter { project, key, environment, from_millis, to_millis, hours } = wanted;
    // Without a key the values of different keys would be added up, which says nothing.
    let (config_id, value) = if key.is_some() { ("config_id", "value") } else { ("0", "''") };
    let query = format!(
        "SELECT environment_id, hour / ?6 * ?6 AS at, {config_id}, {value}, sum(count) FROM evaluation
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
    let query = "SELECT key, hour, sum(count) FROM evaluation
                 WHERE project_id = ?1 AND hour >= ?2 AND key >= ?3 AND key <= ?4 GROUP BY 1, 2";
    let values = params![project.0, from_millis.div_euclid(HOUR_MILLIS), first, last];
    read(connection, query, values, |row| {
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
    let query = "SELECT environment_id, name, sum(traces), sum(debugs), sum(infos), sum(warns), sum(errors),
                        sum(fatals), max(last_at_millis)
                 FROM logger WHERE project_id = ?1 AND (?2 IS NULL OR environment_id = ?2)
                 GROUP BY 2, 1 ORDER BY 2, 1 LIMIT ?3";
    read(connection, query, params![project.0, environment.map(|id| id.0), MOST_LOGGERS], |row| {
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
    })
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
    let query = "SELECT environment_id, at_millis, contexts FROM context_example
                 WHERE project_id = ?1 AND (?2 IS NULL OR environment_id = ?2) ORDER BY 2 DESC, 3";
    read(connection, query, params![project.0, environment.map(|id| id.0)], |row| {
        Ok(Example { environment: EnvironmentId(row.get(0)?), at_millis: row.get(1)?, contexts: row.get(2)? })
    })
}

/// When a key was evaluated last is remembered as long as there is such a key.
pub(super) fn forget_before(connection: &mut Connection, at_millis: i64) -> Result<(), StoreError> {
    let forgetting = || failed("forgetting old counts");
    let transaction = write(connection)?;
    for (statement, before) in [
        ("DELETE FROM evaluation WHERE hour < ?1", at_millis.div_euclid(HOUR_MILLIS)),
        ("DELETE FROM logger WHERE day < ?1", at_millis.div_euclid(DAY_MILLIS)),
        ("DELETE FROM context_property WHERE last_at_millis < ?1", at_millis),
        ("DELETE FROM context_example WHERE at_millis < ?1", at_millis),
        (
            "DELETE FROM evaluated_key WHERE last_at_millis < ?1 AND NOT EXISTS
             (SELECT 1 FROM config_head h
              WHERE h.project_id = evaluated_key.project_id AND h.key = evaluated_key.key)",
            at_millis,
        ),
    ] {
        transaction.execute(statement, [before]).map_err(forgetting())?;
    }
    transaction.commit().map_err(forgetting())
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
    statement.and_then(|mut statement| rows(&mut statement)).map_err(failed("reading what was reported"))
}
