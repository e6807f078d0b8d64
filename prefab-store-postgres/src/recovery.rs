//! Recovery of the clients of a database that went back.

use std::collections::HashMap;

use prefab_core::{Config, ids::ProjectId};
use prefab_store::{
    Draft, Heads, LogPosition, Recovered, Recovery, Remembered, StoreChange, StoreError, StoreFuture,
    Version, is_same_content,
};
use tracing::warn;

use crate::{
    PostgresStore, audit, config_log,
    database::{Database, Notice},
    drafts,
    session::Session,
    sql::values,
    version_rows,
};

impl Recovery for PostgresStore {
    fn epoch(&self) -> StoreFuture<'_, String> {
        Box::pin(async move {
            let mut session = self.database.session("reading the epoch").await?;
            Ok(session.query_one("SELECT value FROM @.epoch", values![]).await?.get(0))
        })
    }

    fn server_identity(&self) -> StoreFuture<'_, Option<String>> {
        Box::pin(async move {
            // A promoted standby has a new timeline, which is the start of the name of each file of the log.
            let sql = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN
                         (SELECT system_identifier FROM pg_control_system())
                         || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) END";
            let rows = self.database.query("reading the identity of the database", sql, values![]).await;
            // Services that imitate PostgreSQL do not have these functions.
            Ok(rows.ok().and_then(|rows| rows.first()?.get(0)))
        })
    }

    fn log_positions(&self, remembered: Vec<(ProjectId, i64)>) -> StoreFuture<'_, Vec<LogPosition>> {
        Box::pin(async move {
            let (projects, ids): (Vec<i64>, Vec<i64>) =
                remembered.into_iter().map(|(project, id)| (project.0, id)).unzip();
            let sql = "SELECT p.id, p.last_id, r.id IS NULL OR r.id IN (p.last_id, p.first_id) OR EXISTS (
                         SELECT 1 FROM @.config_version v WHERE v.project_id = p.id AND v.id = r.id)
                       FROM @.project p LEFT JOIN unnest($1, $2) AS r (project_id, id) ON r.project_id = p.id
                       ORDER BY p.id";
            let rows = self.database.query("comparing the log", sql, values![projects, ids]).await?;
            let position = |row: &tokio_postgres::Row| LogPosition {
                project: ProjectId(row.get(0)),
                last_id: row.get(1),
                has_remembered: row.get(2),
            };
            Ok(rows.iter().map(position).collect())
        })
    }

    fn recover(&self, remembered: Vec<Remembered>) -> StoreFuture<'_, Vec<Recovered>> {
        let changed = |recovered: &Vec<Recovered>| (!recovered.is_empty()).then_some(StoreChange::Unknown);
        self.change_if(changed, async move |database| recover(&database, remembered).await)
    }
}

async fn recover(database: &Database, mut remembered: Vec<Remembered>) -> Result<Vec<Recovered>, StoreError> {
    // All transactions lock projects in this order.
    remembered.sort_by_key(|remembered| remembered.project);
    let mut session = database.begin("recovering the log").await?;
    let mut all = Vec::new();
    for remembered in remembered {
        all.extend(recover_project(database, &mut session, remembered).await?);
    }
    if !all.is_empty() {
        change_epoch(&mut session).await?;
        database.notify(&mut session, Notice::Unknown).await?;
    }
    session.commit().await?;
    Ok(all)
}

/// Changes the epoch, which names the state of the database since the last recovery.
pub(crate) async fn change_epoch(session: &mut Session) -> Result<(), StoreError> {
    let sql = "UPDATE @.epoch SET value = replace(gen_random_uuid()::text, '-', ''),
                                  registry_revision = registry_revision + 1";
    session.execute(sql, values![]).await.map(drop)
}

pub(crate) async fn recover_project(
    database: &Database,
    session: &mut Session,
    remembered: Remembered,
) -> Result<Option<Recovered>, StoreError> {
    let Remembered { project, last_id: seen, versions, heads } = remembered;
    let Some(last) = version_rows::lock(session, project).await? else { return Ok(None) };
    let now = database.now_micros(session).await?;
    let mut newest = last.max(seen);
    let mut next = || {
        newest = now.max(newest + 1);
        newest
    };
    let mut recovered = Recovered { project, appended: 0, deleted: 0, drafts: 0, last_id: last };
    let mut seen: HashMap<String, Version> =
        versions.into_iter().map(|version| (version.key.clone(), version)).collect();
    let (mut added, mut offers, mut rebased) = (Vec::new(), Vec::new(), Vec::new());
    for head in config_log::since(session, project, 0).await? {
        let newer = seen.remove(&head.key).filter(|seen| seen.id > head.id);
        if newer.is_none() && heads == Heads::Older {
            continue;
        }
        let id = next();
        added.push(head.copy(id, now / 1_000));
        rebased.push((head.key.clone(), head.id, id));
        recovered.appended += 1;
        offers.extend(newer.map(|newer| (newer, head.config, id)));
    }
    // What is left is not in the database, or cannot be decoded. Sorted, so that equal states give equal logs.
    let mut left: Vec<Version> = seen.into_values().filter(|version| version.config.is_some()).collect();
    left.sort_by_key(|version| version.id);
    let damaged = head_ids(session, project, &left).await?;
    for version in left {
        if let Some(damaged) = damaged.get(&version.key) {
            let id = next();
            warn!(
                key = version.key,
                id = damaged,
                "current version is damaged, appending the remembered one"
            );
            added.push(Version { previous_id: Some(*damaged), ..version.copy(id, now / 1_000) });
            rebased.push((version.key, *damaged, id));
            recovered.appended += 1;
            continue;
        }
        added.push(version.deletion(next(), now / 1_000));
        recovered.deleted += 1;
        offers.push((version, None, 0));
    }
    let Some(newest) = added.last() else { return Ok(None) };
    recovered.last_id = newest.id;
    version_rows::insert(session, project, added, None).await?;
    rebase_drafts(session, project, rebased).await?;
    for (version, current, base_id) in offers {
        let is_saved = offer(session, project, version, current.as_ref(), base_id, now / 1_000).await?;
        recovered.drafts += usize::from(is_saved);
    }
    let sql = "UPDATE @.project SET last_id = $2, draft_revision = draft_revision + 1 WHERE id = $1";
    session.execute(sql, values![project, recovered.last_id]).await?;
    audit::insert(session, &[recovered.audit_entry()], now / 1_000).await?;
    Ok(Some(recovered))
}

/// Returns the ids of the current versions of keys, also of those that cannot be decoded.
async fn head_ids(
    session: &mut Session,
    project: ProjectId,
    versions: &[Version],
) -> Result<HashMap<String, i64>, StoreError> {
    let keys: Vec<String> = versions.iter().map(|version| version.key.clone()).collect();
    let sql = "SELECT key, id FROM @.config_head WHERE project_id = $1 AND key = ANY($2)";
    let rows = session.query(sql, values![project, keys]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Bases drafts of current versions on their copies, so that they can be published. Each entry is a key, the id of the
/// current version, and that of the copy.
async fn rebase_drafts(
    session: &mut Session,
    project: ProjectId,
    rebased: Vec<(String, i64, i64)>,
) -> Result<(), StoreError> {
    let (mut keys, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for (key, from, to) in rebased {
        keys.push(key);
        before.push(from);
        after.push(to);
    }
    let sql = "UPDATE @.draft SET base_id = r.after FROM unnest($2, $3, $4) AS r (key, before, after)
               WHERE draft.project_id = $1 AND draft.key = r.key AND draft.base_id = r.before";
    session.execute(sql, values![project, keys, before, after]).await.map(drop)
}

/// Saves a lost version as a draft. Returns whether it was saved.
async fn offer(
    session: &mut Session,
    project: ProjectId,
    lost: Version,
    current: Option<&Config>,
    base_id: i64,
    now: i64,
) -> Result<bool, StoreError> {
    // A version that the log contains was replaced later, and is not lost.
    let sql = "SELECT EXISTS (SELECT 1 FROM @.config_version WHERE project_id = $1 AND id = $2)
                   OR EXISTS (SELECT 1 FROM @.draft WHERE project_id = $1 AND key = $3)";
    let is_known = session.query_one(sql, values![project, lost.id, &*lost.key]).await?.get::<_, bool>(0);
    if is_known || is_same_content(lost.config.as_ref(), current) {
        return Ok(false);
    }
    let draft = Draft::of_lost(lost, current.map(|_| base_id), now);
    drafts::save(session, project, draft).await?;
    Ok(true)
}
