//! Writes the counts that clients reported, within the row limits of each environment.
//!
//! Reports of front-end keys may use half of each limit. Such keys are public, so without this rule anyone could use up the
//! rows for the reports of servers.
//!
//! A transaction first locks one row per project, in the order of their ids. So reports of several servers cannot block each
//! other in a circle, and the limits are exact. Rows are added with one statement per table.

mod evaluations;
mod loggers;
mod properties;

use prefab_store::{HOUR_MILLIS, StoreError, UnavailableReason, UsageBatch};
use tracing::warn;

use crate::{
    database::Database,
    failure::{is_conflict, unavailable_reason},
    scheduled_removals::hash,
    session::Session,
    sql::values,
};

const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;

/// How often a transaction that another one interrupted is run again.
const RETRIES: u32 = 3;

/// Adds reports, each environment in a savepoint of its own, and returns how many entries were dropped.
///
/// The reports of an environment that cannot be written are dropped, because the same rows would fail again.
///
/// # Errors
///
/// [`StoreError`] if nothing was written for a temporary reason, such as a full disk.
pub(crate) async fn add(database: &Database, mut seen: Vec<UsageBatch>) -> Result<u64, StoreError> {
    seen.sort_by_key(|batch| (batch.project, batch.environment));
    let mut retries = 0;
    loop {
        match add_all(database, &seen).await {
            Err(error) if is_conflict(&error) && retries < RETRIES => retries += 1,
            result => return result,
        }
    }
}

async fn add_all(database: &Database, seen: &[UsageBatch]) -> Result<u64, StoreError> {
    let mut session = database.background("writing reported counts").await?;
    session.begin().await?;
    // The last second of counts may be lost in a power failure. A config may not.
    session.batch("SET LOCAL synchronous_commit = off").await?;
    lock_projects(&mut session, seen).await?;
    let mut dropped = 0;
    for batch in seen {
        session.batch("SAVEPOINT environment").await?;
        match add_one(&mut session, batch).await {
            Ok(without_room) => {
                session.batch("RELEASE SAVEPOINT environment").await?;
                dropped += without_room;
            }
            Err(error) if may_pass(&error) => return Err(error),
            Err(error) => {
                session.batch("ROLLBACK TO SAVEPOINT environment").await?;
                let (project, environment) = (batch.project.0, batch.environment.0);
                let cause = std::error::Error::source(&error);
                warn!(%error, ?cause, project, environment, "writing the telemetry of an environment failed, dropping it");
                dropped += entries(batch);
            }
        }
    }
    session.commit().await?;
    Ok(dropped)
}

/// Returns whether the same rows could be written later.
fn may_pass(error: &StoreError) -> bool {
    !matches!(unavailable_reason(error), Some(UnavailableReason::Other))
}

fn entries(batch: &UsageBatch) -> u64 {
    let UsageBatch { evaluations, loggers, properties, examples, .. } = batch;
    (evaluations.len() + loggers.len() + properties.len() + examples.len()) as u64
}

async fn add_one(session: &mut Session, batch: &UsageBatch) -> Result<u64, StoreError> {
    let used = used(session, batch).await?;
    let mut dropped = evaluations::add(session, batch, used).await?;
    dropped += loggers::add(session, batch).await?;
    add_examples(session, batch).await?;
    Ok(dropped + properties::add(session, batch).await?)
}

/// The number of evaluation rows that an environment has used in an hour.
struct Used {
    hour: i64,
    all: i64,
    public: i64,
}

/// Locks the rows with which reports of a project begin. They have no environment.
async fn lock_projects(session: &mut Session, seen: &[UsageBatch]) -> Result<(), StoreError> {
    let mut projects: Vec<i64> = seen.iter().map(|batch| batch.project.0).collect();
    projects.dedup();
    let sql = "INSERT INTO @.evaluation_room (project_id, environment_id, hour, used, used_by_public_keys)
               SELECT p, 0, 0, 0, 0 FROM unnest($1) p ON CONFLICT (project_id, environment_id) DO NOTHING";
    session.execute(sql, values![projects.clone()]).await?;
    let sql = "SELECT 1 FROM @.evaluation_room WHERE project_id = ANY($1) AND environment_id = 0
               ORDER BY project_id FOR UPDATE";
    session.query(sql, values![projects]).await.map(drop)
}

/// Returns the rows that an environment has used.
async fn used(session: &mut Session, batch: &UsageBatch) -> Result<Used, StoreError> {
    let sql = "SELECT hour, used, used_by_public_keys FROM @.evaluation_room
               WHERE project_id = $1 AND environment_id = $2";
    let row = session.query_optional(sql, values![batch.project, batch.environment]).await?;
    Ok(row.map_or(Used { hour: 0, all: 0, public: 0 }, |row| Used {
        hour: row.get(0),
        all: row.get(1),
        public: row.get(2),
    }))
}

async fn add_examples(session: &mut Session, batch: &UsageBatch) -> Result<(), StoreError> {
    if batch.examples.is_empty() {
        return Ok(());
    }
    // Two tables, so that examples of front-end keys do not replace the others.
    let (table, most) = if batch.is_public {
        ("public_context_example", batch.limits.examples / 2)
    } else {
        ("context_example", batch.limits.examples)
    };
    let mut newest = std::collections::BTreeMap::new();
    for (contexts, at_millis) in &batch.examples {
        let at = newest.entry(contexts.as_str()).or_insert(*at_millis);
        *at = (*at).max(*at_millis);
    }
    let (contexts, times): (Vec<String>, Vec<i64>) =
        newest.into_iter().map(|(contexts, at)| (contexts.to_owned(), at)).unzip();
    let hashes: Vec<Vec<u8>> = contexts.iter().map(|contexts| hash(contexts)).collect();
    let sql = format!(
        "INSERT INTO @.{table} (project_id, environment_id, contexts, contexts_hash, at_millis)
         SELECT $1, $2, e.* FROM unnest($3, $4, $5) e
         ON CONFLICT (project_id, environment_id, contexts_hash) DO UPDATE
         SET at_millis = greatest({table}.at_millis, excluded.at_millis)"
    );
    session.execute(&sql, values![batch.project, batch.environment, contexts, hashes, times]).await?;
    keep_newest(session, batch, table, &["at_millis", "contexts_hash"], most).await
}

/// Deletes the oldest rows beyond a maximum number. Rows with the same time are ordered by the other columns, so that the
/// maximum is exact.
async fn keep_newest(
    session: &mut Session,
    batch: &UsageBatch,
    table: &str,
    order: &[&str],
    most: i64,
) -> Result<(), StoreError> {
    let own = format!("@.{table} WHERE project_id = $1 AND environment_id = $2");
    let (columns, descending) = (order.join(", "), order.join(" DESC, "));
    let sql = format!(
        "DELETE FROM {own} AND ({columns}) <
         (SELECT {columns} FROM {own} ORDER BY {descending} DESC LIMIT 1 OFFSET $3)"
    );
    session.execute(&sql, values![batch.project, batch.environment, most - 1]).await.map(drop)
}
