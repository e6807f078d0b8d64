//! Evaluation counts.

use std::collections::{BTreeMap, HashSet};

use prefab_store::{HOUR_MILLIS, MAX_COUNT, StoreError, UsageBatch, add_counts};

use super::Used;
use crate::{
    scheduled_removals::hash,
    session::Session,
    sql::{storable, values},
};

/// A count of a front-end key uses one row of its half per this many bytes of its key and value, rounded up.
const BYTES_PER_ROW: usize = 64;

/// A row: key, version, value.
type Place = (String, i64, String);

pub(super) async fn add(session: &mut Session, batch: &UsageBatch, used: Used) -> Result<u64, StoreError> {
    if batch.evaluations.is_empty() {
        return Ok(0);
    }
    let hour = batch.at_millis.div_euclid(HOUR_MILLIS);
    let keys = known_keys(session, batch).await?;
    let versions = known_versions(session, batch).await?;
    let mut dropped = 0;
    let mut places: Vec<(Place, i64)> = Vec::new();
    for one in &batch.evaluations {
        let key = storable(one.key.as_str());
        // A deleted key has a head as well, because clients may report it for a while.
        if !keys.contains(&key) {
            dropped += 1;
            continue;
        }
        // An unknown version id is stored as 0, as if the client had not reported it.
        let is_known = one.config_id != 0 && versions.contains(&(key.clone(), one.config_id));
        let config_id = if is_known { one.config_id } else { 0 };
        places.push(((key, config_id, storable(one.value.as_str())), one.count.clamp(0, MAX_COUNT)));
    }
    record_last(session, batch, &places).await?;
    let mut stored = stored(session, batch, hour, &places).await?;
    let mut room = Room::new(batch, &used, hour);
    let mut counts: BTreeMap<Place, i64> = BTreeMap::new();
    for (place, count) in places {
        if !stored.contains(&place) {
            if !room.use_for(place.0.len() + place.2.len()) {
                dropped += 1;
                continue;
            }
            stored.insert(place.clone());
        }
        let sum = counts.entry(place).or_default();
        *sum = add_counts(*sum, count);
    }
    write(session, batch, hour, counts).await?;
    room.store(session, batch, hour).await?;
    Ok(dropped)
}

async fn known_keys(session: &mut Session, batch: &UsageBatch) -> Result<HashSet<String>, StoreError> {
    let keys: HashSet<String> = batch.evaluations.iter().map(|one| one.key.clone()).collect();
    let sql = "SELECT key FROM @.config_head WHERE project_id = $1 AND key = ANY($2)";
    let rows = session.query(sql, values![batch.project, keys.into_iter().collect::<Vec<_>>()]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Returns the reported versions that the log contains, older ones too.
async fn known_versions(
    session: &mut Session,
    batch: &UsageBatch,
) -> Result<HashSet<(String, i64)>, StoreError> {
    let ids: HashSet<i64> = batch.evaluations.iter().map(|one| one.config_id).collect();
    let sql = "SELECT key, id FROM @.config_version WHERE project_id = $1 AND id = ANY($2)";
    let rows = session.query(sql, values![batch.project, ids.into_iter().collect::<Vec<_>>()]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn record_last(
    session: &mut Session,
    batch: &UsageBatch,
    places: &[(Place, i64)],
) -> Result<(), StoreError> {
    let keys: std::collections::BTreeSet<&String> = places.iter().map(|((key, ..), _)| key).collect();
    let keys: Vec<String> = keys.into_iter().cloned().collect();
    let sql =
        "INSERT INTO @.evaluated_key (project_id, key, last_at_millis) SELECT $1, k, $3 FROM unnest($2) k
               ON CONFLICT (project_id, key) DO UPDATE
               SET last_at_millis = greatest(evaluated_key.last_at_millis, excluded.last_at_millis)";
    session.execute(sql, values![batch.project, keys, batch.at_millis]).await.map(drop)
}

/// Returns the rows that exist already.
async fn stored(
    session: &mut Session,
    batch: &UsageBatch,
    hour: i64,
    places: &[(Place, i64)],
) -> Result<HashSet<Place>, StoreError> {
    let keys: Vec<String> = places.iter().map(|((key, ..), _)| key.clone()).collect();
    let ids: Vec<i64> = places.iter().map(|((_, id, _), _)| *id).collect();
    let hashes: Vec<Vec<u8>> = places.iter().map(|((.., value), _)| hash(value)).collect();
    let sql = "SELECT key, config_id, value FROM @.evaluation
               WHERE project_id = $1 AND environment_id = $2 AND hour = $3
                 AND (key, config_id, value_hash) IN (SELECT * FROM unnest($4, $5, $6))";
    let values = values![batch.project, batch.environment, hour, keys, ids, hashes];
    let rows = session.query(sql, values).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

async fn write(
    session: &mut Session,
    batch: &UsageBatch,
    hour: i64,
    counts: BTreeMap<Place, i64>,
) -> Result<(), StoreError> {
    let (mut keys, mut ids, mut values, mut hashes, mut sums) = (vec![], vec![], vec![], vec![], vec![]);
    for ((key, id, value), count) in counts {
        keys.push(key);
        ids.push(id);
        hashes.push(hash(&value));
        values.push(value);
        sums.push(count);
    }
    let sql = format!(
        "INSERT INTO @.evaluation (project_id, environment_id, hour, key, config_id, value, value_hash, count)
         SELECT $1, $2, $3, e.* FROM unnest($4, $5, $6, $7, $8) e
         ON CONFLICT (project_id, key, environment_id, hour, config_id, value_hash) DO UPDATE
         SET count = least(evaluation.count + excluded.count, {MAX_COUNT})"
    );
    let values = values![batch.project, batch.environment, hour, keys, ids, values, hashes, sums];
    session.execute(&sql, values).await.map(drop)
}

/// The evaluation rows that are left in this hour.
struct Room {
    limit: i64,
    is_public: bool,
    used: i64,
    used_by_public_keys: i64,
}

impl Room {
    fn new(batch: &UsageBatch, used: &Used, hour: i64) -> Self {
        let (used, used_by_public_keys) = if used.hour == hour { (used.all, used.public) } else { (0, 0) };
        Self { limit: batch.limits.evaluations, is_public: batch.is_public, used, used_by_public_keys }
    }

    /// Uses a row for this many bytes of text. Returns whether a row was left.
    fn use_for(&mut self, bytes: usize) -> bool {
        if self.used >= self.limit {
            return false;
        }
        if self.is_public {
            let rows = i64::try_from(1 + bytes / BYTES_PER_ROW).unwrap_or(i64::MAX);
            if rows > self.limit / 2 - self.used_by_public_keys {
                return false;
            }
            self.used_by_public_keys += rows;
        }
        self.used += 1;
        true
    }

    async fn store(&self, session: &mut Session, batch: &UsageBatch, hour: i64) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO @.evaluation_room (project_id, environment_id, hour, used, used_by_public_keys)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project_id, environment_id) DO UPDATE
                   SET hour = $3, used = $4, used_by_public_keys = $5";
        let values = values![batch.project, batch.environment, hour, self.used, self.used_by_public_keys];
        session.execute(sql, values).await.map(drop)
    }
}
