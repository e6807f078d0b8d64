//! Appends to the log.
//!
//! A transaction locks the row of the project in a statement of its own, and takes ids above `last_id`. The lock is released
//! after the commit is visible, so ids become visible in their order, and a reader that continues after the highest id that
//! it has seen misses nothing. A sequence would not guarantee that: its numbers are taken at insertion, and a transaction
//! with a higher number can commit first.
//!
//! Every append has a random id, `change_uid`. When the connection is lost during a commit, the append takes the lock again,
//! so that the old transaction has ended, and looks the id up.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use prefab_core::ids::ProjectId;
use prefab_store::{Appended, Change, StoreError, UnavailableReason, Version};
use tokio::time::sleep;

use crate::{
    audit,
    database::{Database, Notice},
    failure::{is_conflict, unavailable_reason},
    session::Session,
    sql::{storable, values},
    version_rows::{insert, lock, set_last_id},
    versions::{COLUMNS, versions},
};

/// How often a transaction that another one interrupted is run again.
const RETRIES: u32 = 3;

/// How long an append tries to learn the outcome of its commit.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(10);

/// Appends changes, all or none.
pub(crate) async fn append(
    database: &Database,
    project: ProjectId,
    changes: Vec<Change>,
) -> Result<Appended, StoreError> {
    let uid = new_uid()?;
    let (mut conflicts, mut unknown): (u32, Option<(Instant, StoreError)>) = (0, None);
    loop {
        let error = match try_append(database, project, &changes, &uid, unknown.is_some()).await {
            Ok(appended) => return Ok(appended),
            Err(error) => error,
        };
        match unavailable_reason(&error) {
            Some(UnavailableReason::OutcomeUnknown) => {
                let since = unknown.map_or_else(Instant::now, |(since, _)| since);
                unknown = Some((since, error));
            }
            // After a lost commit, only an answer of the database is an outcome.
            Some(_) if unknown.is_some() => {}
            _ if is_conflict(&error) && conflicts < RETRIES => conflicts += 1,
            _ => return Err(error),
        }
        if let Some((since, error)) = unknown.take() {
            if since.elapsed() > OUTCOME_TIMEOUT {
                return Err(error);
            }
            unknown = Some((since, error));
        }
        sleep(Duration::from_millis(fastrand::u64(20..200))).await;
    }
}

/// Returns a random id that starts with the time, so that the index on it grows at its end.
fn new_uid() -> Result<Vec<u8>, StoreError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| StoreError::unavailable("writing a change", error))?;
    let millis = prefab_store::clock::now_millis().to_be_bytes();
    Ok([&millis[2..], &random[..]].concat())
}

async fn try_append(
    database: &Database,
    project: ProjectId,
    changes: &[Change],
    uid: &[u8],
    may_be_stored: bool,
) -> Result<Appended, StoreError> {
    let mut session = database.begin("writing a change").await?;
    let after = lock(&mut session, project).await?.ok_or(StoreError::UnknownProject(project))?;
    if may_be_stored && let Some(stored) = stored(&mut session, project, uid).await? {
        return Ok(stored);
    }
    let now = database.now_micros(&mut session).await?;
    let mut heads = heads(&mut session, project, changes).await?;
    let (mut last, mut added, mut entries) = (after, Vec::with_capacity(changes.len()), Vec::new());
    for change in changes {
        let key = storable(change.key.as_str());
        let head = heads.get(&key).copied();
        let current = head.and_then(|(id, is_live)| is_live.then_some(id));
        change.check_expected(current)?;
        // Microseconds stay below 2^53 for another two centuries, so JavaScript reads ids exactly.
        last = now.max(last + 1);
        entries.extend(change.audit_entry(project, last, current.is_some()));
        heads.insert(key.clone(), (last, change.config.is_some()));
        added.push(Version {
            id: last,
            previous_id: head.map(|(id, _)| id),
            key,
            config: change.config.clone(),
            changed_by: change.changed_by.clone(),
            changed_at_millis: now / 1_000,
        });
    }
    #[cfg(feature = "testing")]
    if database.is_sequence {
        return crate::sequence::append(&mut session, project, added).await;
    }
    audit::insert(&mut session, &entries, now / 1_000).await?;
    let versions = insert(&mut session, project, added, Some(uid)).await?;
    set_last_id(&mut session, project, last).await?;
    if last > after {
        database.notify(&mut session, Notice::Configs(project.0, last)).await?;
    }
    let commit = database.positions.begin_commit().await;
    session.commit().await?;
    commit.note_configs(project.0, after, last);
    Ok(Appended { after, versions })
}

/// Returns what an earlier attempt with the same id has stored.
async fn stored(
    session: &mut Session,
    project: ProjectId,
    uid: &[u8],
) -> Result<Option<Appended>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM @.config_version v WHERE v.project_id = $1 AND v.change_uid = $2 ORDER BY v.id"
    );
    let versions = versions(&session.query(&sql, values![project, uid]).await?);
    let Some(first) = versions.first() else { return Ok(None) };
    let sql =
        "SELECT coalesce((SELECT max(id) FROM @.config_version WHERE project_id = $1 AND id < $2), first_id)
               FROM @.project WHERE id = $1";
    let after = session.query_one(sql, values![project, first.id]).await?.get(0);
    Ok(Some(Appended { after, versions }))
}

/// Returns the newest version of each key of the changes: its id, and whether it is not a deletion.
async fn heads(
    session: &mut Session,
    project: ProjectId,
    changes: &[Change],
) -> Result<HashMap<String, (i64, bool)>, StoreError> {
    let keys: Vec<String> = changes.iter().map(|change| change.key.clone()).collect();
    let sql = "SELECT h.key, v.id, v.body IS NOT NULL FROM @.config_head h
               JOIN @.config_version v ON v.project_id = h.project_id AND v.id = h.id
               WHERE h.project_id = $1 AND h.key = ANY($2)";
    let rows = session.query(sql, values![project, keys]).await?;
    Ok(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
}
