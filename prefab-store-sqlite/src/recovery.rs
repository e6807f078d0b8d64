//! Recovery of the clients of a database that went back.

use std::collections::HashMap;

use prefab_core::{Config, ids::ProjectId};
use prefab_store::{
    Draft, Heads, LogPosition, Recovered, Recovery, Remembered, StoreChange, StoreError, StoreFuture,
    Version, clock::Clock, is_same_content,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use tracing::warn;

use crate::{SqliteStore, audit, drafts, failed, log, write};

impl Recovery for SqliteStore {
    fn epoch(&self) -> StoreFuture<'_, String> {
        self.lookups.run(|connection| {
            connection
                .query_row("SELECT value FROM epoch", [], |row| row.get(0))
                .map_err(failed("reading the epoch"))
        })
    }

    fn log_positions(&self, remembered: Vec<(ProjectId, i64)>) -> StoreFuture<'_, Vec<LogPosition>> {
        self.lookups.run(move |connection| log_positions(connection, remembered))
    }

    fn recover(&self, remembered: Vec<Remembered>) -> StoreFuture<'_, Vec<Recovered>> {
        let clock = self.clock.clone();
        let changed = |recovered: &Vec<Recovered>| (!recovered.is_empty()).then_some(StoreChange::Unknown);
        self.change_if(changed, move |connection| {
            let transaction = write(connection)?;
            let recovered = recover(&transaction, remembered, &clock)?;
            transaction.commit().map_err(failed("committing a recovery"))?;
            Ok(recovered)
        })
    }
}

fn log_positions(
    connection: &Connection,
    remembered: Vec<(ProjectId, i64)>,
) -> Result<Vec<LogPosition>, StoreError> {
    let reading = || failed("comparing the log");
    let remembered: HashMap<ProjectId, i64> = remembered.into_iter().collect();
    let mut projects = connection
        .prepare_cached("SELECT id, first_id, last_id FROM project ORDER BY id")
        .map_err(reading())?;
    let mut find = connection
        .prepare_cached("SELECT 1 FROM config_version WHERE project_id = ?1 AND id = ?2")
        .map_err(reading())?;
    let rows = projects
        .query_map([], |row| Ok((ProjectId(row.get(0)?), row.get(1)?, row.get(2)?)))
        .map_err(reading())?;
    let mut positions = Vec::new();
    for row in rows {
        let (project, first_id, last_id): (_, i64, i64) = row.map_err(reading())?;
        let has_remembered = match remembered.get(&project) {
            Some(id) if *id != last_id && *id != first_id => {
                find.exists(params![project.0, id]).map_err(reading())?
            }
            _ => true,
        };
        positions.push(LogPosition { project, last_id, has_remembered });
    }
    Ok(positions)
}

/// Appends current versions again. The caller commits.
pub(super) fn recover(
    transaction: &Transaction<'_>,
    remembered: Vec<Remembered>,
    clock: &Clock,
) -> Result<Vec<Recovered>, StoreError> {
    let mut all = Vec::new();
    for remembered in remembered {
        all.extend(recover_project(transaction, remembered, clock)?);
    }
    if !all.is_empty() {
        change_epoch(transaction)?;
    }
    Ok(all)
}

/// Gives the database another epoch. The caller commits.
pub(super) fn change_epoch(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .execute("UPDATE epoch SET value = lower(hex(randomblob(16)))", [])
        .map(drop)
        .map_err(failed("changing the epoch"))
}

fn recover_project(
    transaction: &Transaction<'_>,
    remembered: Remembered,
    clock: &Clock,
) -> Result<Option<Recovered>, StoreError> {
    let Remembered { project, last_id: seen, versions, heads } = remembered;
    let Some(last) = last_id(transaction, project)? else { return Ok(None) };
    let mut ids = Ids { last: last.max(seen), clock };
    let mut recovered = Recovered { project, appended: 0, deleted: 0, drafts: 0, last_id: last };
    let mut seen: HashMap<String, Version> =
        versions.into_iter().map(|version| (version.key.clone(), version)).collect();
    let mut offers = Vec::new();
    for head in log::since(transaction, project, 0)? {
        let newer = seen.remove(&head.key).filter(|seen| seen.id > head.id);
        if newer.is_none() && heads == Heads::Older {
            continue;
        }
        let id = ids.next();
        let now = clock.now_millis();
        log::insert(transaction, project, head.copy(id, now))?;
        rebase_draft(transaction, project, &head.key, head.id, id)?;
        recovered.appended += 1;
        offers.extend(newer.map(|newer| (newer, head.config, id)));
    }
    // What is left is not in the database, or cannot be decoded. Sorted, so that equal states give equal logs.
    let mut left: Vec<Version> = seen.into_values().filter(|version| version.config.is_some()).collect();
    left.sort_by_key(|version| version.id);
    for version in left {
        let id = ids.next();
        if let Some(damaged) = log::head_id(transaction, project, &version.key)? {
            warn!(
                key = version.key,
                id = damaged,
                "current version is damaged, appending the remembered one"
            );
            log::insert(
                transaction,
                project,
                Version { previous_id: Some(damaged), ..version.copy(id, clock.now_millis()) },
            )?;
            rebase_draft(transaction, project, &version.key, damaged, id)?;
            recovered.appended += 1;
            continue;
        }
        log::insert(transaction, project, version.deletion(id, clock.now_millis()))?;
        recovered.deleted += 1;
        offers.push((version, None, 0));
    }
    if recovered.appended + recovered.deleted == 0 {
        return Ok(None);
    }
    for (version, current, base_id) in offers {
        recovered.drafts +=
            usize::from(offer(transaction, project, version, current.as_ref(), base_id, clock)?);
    }
    recovered.last_id = ids.last;
    transaction
        .execute("UPDATE project SET last_id = ?2 WHERE id = ?1", params![project.0, ids.last])
        .map_err(failed("writing the last id"))?;
    audit::insert(transaction, &recovered.audit_entry(), clock.now_millis())?;
    Ok(Some(recovered))
}

/// The ids of new versions.
struct Ids<'c> {
    last: i64,
    clock: &'c Clock,
}

impl Ids<'_> {
    fn next(&mut self) -> i64 {
        self.last = self.clock.now_micros().max(self.last + 1);
        self.last
    }
}

fn last_id(connection: &Connection, project: ProjectId) -> Result<Option<i64>, StoreError> {
    connection
        .query_row("SELECT last_id FROM project WHERE id = ?1", [project.0], |row| row.get(0))
        .optional()
        .map_err(failed("reading the last id"))
}

/// Bases a draft of the current version on its copy, so that it can be published.
fn rebase_draft(
    transaction: &Transaction<'_>,
    project: ProjectId,
    key: &str,
    base_id: i64,
    id: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE draft SET base_id = ?4 WHERE project_id = ?1 AND key = ?2 AND base_id = ?3")
        .and_then(|mut update| update.execute(params![project.0, key, base_id, id]))
        .map(drop)
        .map_err(failed("updating a draft"))
}

/// Saves a lost version as a draft. Returns whether it was saved.
fn offer(
    transaction: &Transaction<'_>,
    project: ProjectId,
    lost: Version,
    current: Option<&Config>,
    base_id: i64,
    clock: &Clock,
) -> Result<bool, StoreError> {
    let exists = |sql: &str, key: &dyn rusqlite::ToSql| {
        let exists =
            transaction.prepare_cached(sql).and_then(|mut find| find.exists(params![project.0, key]));
        exists.map_err(failed("looking for lost changes"))
    };
    // A version that the log contains was replaced later, and is not lost.
    if is_same_content(lost.config.as_ref(), current)
        || exists("SELECT 1 FROM config_version WHERE project_id = ?1 AND id = ?2", &lost.id)?
        || exists("SELECT 1 FROM draft WHERE project_id = ?1 AND key = ?2", &lost.key)?
    {
        return Ok(false);
    }
    let draft = Draft::of_lost(lost, current.map(|_| base_id), clock.now_millis());
    drafts::save(transaction, project, draft)?;
    Ok(true)
}
