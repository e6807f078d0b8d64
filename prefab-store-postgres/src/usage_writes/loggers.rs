//! Log calls by logger.

use std::collections::{BTreeMap, HashSet};

use prefab_store::{LevelCounts, MAX_COUNT, StoreError, UsageBatch, add_counts};

use super::DAY_MILLIS;
use crate::{
    session::Session,
    sql::{storable, values},
};

const LEVELS: [&str; 6] = ["traces", "debugs", "infos", "warns", "errors", "fatals"];

pub(super) async fn add(session: &mut Session, batch: &UsageBatch) -> Result<u64, StoreError> {
    if batch.loggers.is_empty() {
        return Ok(0);
    }
    let day = batch.at_millis.div_euclid(DAY_MILLIS);
    let mut known = known(session, batch).await?;
    let mut room: Option<i64> = None;
    let mut dropped = 0;
    let mut counts: BTreeMap<String, LevelCounts> = BTreeMap::new();
    for (name, levels) in &batch.loggers {
        let name = storable(name.as_str());
        if !known.contains(&name) {
            let left = match room {
                Some(left) => left,
                None => self::room(session, batch).await?,
            };
            room = Some(left - 1);
            if left <= 0 {
                dropped += 1;
                continue;
            }
            known.insert(name.clone());
        }
        let sums = counts.entry(name).or_default();
        for (sum, count) in sums.iter_mut().zip(levels) {
            *sum = add_counts(*sum, (*count).clamp(0, MAX_COUNT));
        }
    }
    let names: Vec<String> = counts.keys().cloned().collect();
    let sql = "INSERT INTO @.logger_name (project_id, environment_id, name, is_public, last_day)
               SELECT $1, $2, n, $4, $5 FROM unnest($3) n
               ON CONFLICT (project_id, environment_id, name) DO UPDATE
               SET last_day = greatest(logger_name.last_day, excluded.last_day),
                   is_public = logger_name.is_public AND excluded.is_public";
    let values = values![batch.project, batch.environment, names.clone(), batch.is_public, day];
    session.execute(sql, values).await?;
    let column = |level: usize| counts.values().map(|levels| levels[level]).collect::<Vec<i64>>();
    let sums = LEVELS
        .map(|level| format!("{level} = least(logger.{level} + excluded.{level}, {MAX_COUNT})"))
        .join(", ");
    let sql = format!(
        "INSERT INTO @.logger (project_id, environment_id, day, last_at_millis, name, {})
         SELECT $1, $2, $3, $4, l.* FROM unnest($5, $6, $7, $8, $9, $10, $11) l
         ON CONFLICT (project_id, environment_id, name, day) DO UPDATE
         SET {sums}, last_at_millis = greatest(logger.last_at_millis, excluded.last_at_millis)",
        LEVELS.join(", ")
    );
    let values = values![
        batch.project,
        batch.environment,
        day,
        batch.at_millis,
        names,
        column(0),
        column(1),
        column(2),
        column(3),
        column(4),
        column(5),
    ];
    session.execute(&sql, values).await?;
    Ok(dropped)
}

/// Returns the reported names that the database contains.
async fn known(session: &mut Session, batch: &UsageBatch) -> Result<HashSet<String>, StoreError> {
    let names: Vec<String> = batch.loggers.iter().map(|(name, _)| name.clone()).collect();
    let sql = "SELECT name FROM @.logger_name
               WHERE project_id = $1 AND environment_id = $2 AND name = ANY($3)";
    let rows = session.query(sql, values![batch.project, batch.environment, names]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Returns how many more loggers the environment may have.
async fn room(session: &mut Session, batch: &UsageBatch) -> Result<i64, StoreError> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE is_public) FROM @.logger_name
               WHERE project_id = $1 AND environment_id = $2";
    let row = session.query_one(sql, values![batch.project, batch.environment]).await?;
    let (all, public): (i64, i64) = (row.get(0), row.get(1));
    let left = batch.limits.loggers - all;
    Ok(if batch.is_public { left.min(batch.limits.loggers / 2 - public) } else { left })
}
