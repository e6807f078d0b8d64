//! Queries on the log of config versions.

use prefab_core::{ChangedBy, Config};
use prefab_proto::wire;
use prost::Message as _;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, Transaction, params};
use tracing::error;

use crate::{failed, write};
use prefab_core::ids::ProjectId;
use prefab_store::{Appended, AuditedChange, Change, StoreError, Version, clock::Clock};

pub(super) fn append(
    connection: &mut Connection,
    project: ProjectId,
    changes: Vec<Change>,
    clock: &Clock,
) -> Result<Appended, StoreError> {
    let transaction = write(connection)?;
    let last: Option<i64> = transaction
        .query_row("SELECT last_id FROM project WHERE id = ?1", [project.0], |row| row.get(0))
        .optional()
        .map_err(failed("reading the last id"))?;
    let after = last.ok_or(StoreError::UnknownProject(project))?;
    let (mut last, mut versions) = (after, Vec::with_capacity(changes.len()));
    for change in changes {
        // Microseconds stay below 2^53 for another two centuries, so JavaScript reads ids exactly.
        last = clock.now_micros().max(last + 1);
        versions.push(append_one(&transaction, project, (last, clock.now_millis()), change)?);
    }
    transaction
        .execute("UPDATE project SET last_id = ?2 WHERE id = ?1", params![project.0, last])
        .map_err(failed("writing the last id"))?;
    transaction.commit().map_err(failed("committing a change"))?;
    Ok(Appended { after, versions })
}

fn append_one(
    transaction: &Transaction<'_>,
    project: ProjectId,
    (id, now): (i64, i64),
    change: Change,
) -> Result<Version, StoreError> {
    let (previous, current) = head(transaction, project, &change.key)?;
    change.check_expected(current)?;
    if let Some(entry) = change.audit_entry(project, id, current.is_some()) {
        super::audit::insert(transaction, &entry, now)?;
    }
    let Change { key, config, changed_by, expected: _, note: _ } = change;
    insert(
        transaction,
        project,
        Version { id, previous_id: previous, key, config, changed_by, changed_at_millis: now },
    )
}

/// Inserts a version as the current one of its key, and returns it as a read returns it. The caller updates `last_id`.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    project: ProjectId,
    version: Version,
) -> Result<Version, StoreError> {
    let Version { id, previous_id, key, config, changed_by, changed_at_millis } = &version;
    let tags = tags_text(config.as_ref());
    let body = config.as_ref().map(|config| {
        let config =
            Config { id: *id, project_id: project.0, changed_by: Some(changed_by.clone()), ..config.clone() };
        wire::Config::from(&config).encode_to_vec()
    });
    let ChangedBy { user_id, email, api_key_id, user_identity } = changed_by;
    transaction
        .prepare_cached("INSERT INTO config_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .and_then(|mut statement| {
            statement.execute(params![
                project.0,
                id,
                previous_id,
                key,
                body,
                user_id,
                email,
                api_key_id,
                user_identity,
                changed_at_millis,
                tags
            ])
        })
        .map_err(failed("writing a change"))?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO config_head (project_id, key, id) VALUES (?1, ?2, ?3)")
        .and_then(|mut statement| statement.execute(params![project.0, key, id]))
        .map_err(failed("writing a change"))?;
    let config = body.map(|body| decode(&body, &tags)).transpose();
    let config = config.map_err(|cause| StoreError::unavailable("encoding a change", cause))?;
    Ok(Version { config, ..version })
}

/// Returns the id of the newest version, and the same id again unless that version is a deletion.
fn head(
    transaction: &Transaction<'_>,
    project: ProjectId,
    key: &str,
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let newest: Option<(i64, bool)> = transaction
        .prepare_cached(
            "SELECT v.id, v.body IS NOT NULL FROM config_head h
             JOIN config_version v ON v.project_id = h.project_id AND v.id = h.id
             WHERE h.project_id = ?1 AND h.key = ?2",
        )
        .and_then(|mut statement| {
            statement.query_row(params![project.0, key], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(failed("reading the current version"))?;
    Ok((newest.map(|(id, _)| id), newest.and_then(|(id, live)| live.then_some(id))))
}

/// Returns the id of the newest version, also of one that cannot be decoded.
pub(super) fn head_id(
    connection: &Connection,
    project: ProjectId,
    key: &str,
) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached("SELECT id FROM config_head WHERE project_id = ?1 AND key = ?2")
        .and_then(|mut select| select.query_row(params![project.0, key], |row| row.get(0)).optional())
        .map_err(failed("reading the current version"))
}

const COLUMNS: &str = "v.id, v.previous_id, v.key, v.body, v.user_id, v.email, v.api_key_id, v.user_identity, \
                       v.changed_at_millis, v.tags";

/// Maximum size of the configs that one read for event streams returns, in bytes.
const MOST_BYTES: usize = 4 << 20;

pub(super) fn since(
    connection: &Connection,
    project: ProjectId,
    id: i64,
) -> Result<Vec<Version>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM config_head h
         JOIN config_version v ON v.project_id = h.project_id AND v.id = h.id
         WHERE h.project_id = ?1 AND h.id > ?2 ORDER BY h.id"
    );
    versions(connection, &query, params![project.0, id])
}

pub(super) fn history(
    connection: &Connection,
    project: ProjectId,
    key: &str,
    limit: u32,
) -> Result<Vec<Version>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM config_version v
         WHERE v.project_id = ?1 AND v.key = ?2 ORDER BY v.id DESC LIMIT ?3"
    );
    versions(connection, &query, params![project.0, key, limit])
}

/// Lists the changes of a project with an id lower than `before`, newest first.
pub(super) fn changes(
    connection: &Connection,
    project: ProjectId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Version>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM config_version v
         WHERE v.project_id = ?1 AND v.id < ?2 ORDER BY v.id DESC LIMIT ?3"
    );
    versions(connection, &query, params![project.0, before.unwrap_or(i64::MAX), limit])
}

/// Lists the changes after an id, oldest first, each with the replaced config. Returns fewer than `limit` if the configs
/// are large.
pub(super) fn changes_after(
    connection: &Connection,
    project: ProjectId,
    id: i64,
    limit: u32,
) -> Result<Vec<AuditedChange>, StoreError> {
    let reading = || failed("reading changes");
    let query = format!(
        "SELECT {COLUMNS}, p.body, p.tags, a.who, a.sentence FROM config_version v
         LEFT JOIN config_version p ON p.project_id = v.project_id AND p.id = v.previous_id
         LEFT JOIN audit a ON a.project_id = v.project_id AND a.version_id = v.id AND a.action LIKE 'config.%'
         WHERE v.project_id = ?1 AND v.id > ?2 ORDER BY v.id LIMIT ?3"
    );
    let audited = |row: &Row<'_>| {
        let size = [3, 10]
            .map(|body| row.get_ref(body).ok().and_then(|body| body.as_blob().ok()).map_or(0, <[u8]>::len));
        let size: usize = size.iter().sum();
        let Some(version) = version(row)? else { return Ok((size, None)) };
        let (before, tags): (Option<Vec<u8>>, Option<String>) = (row.get(10)?, row.get(11)?);
        let (who, sentence): (Option<String>, Option<String>) = (row.get(12)?, row.get(13)?);
        let before = before.and_then(|body| decode(&body, &tags.unwrap_or_default()).ok());
        Ok((size, Some(AuditedChange { version, before, audit: who.zip(sentence) })))
    };
    let mut statement = connection.prepare_cached(&query).map_err(reading())?;
    let rows = statement.query_map(params![project.0, id, limit], audited).map_err(reading())?;
    let (mut changes, mut bytes) = (Vec::new(), 0);
    for row in rows {
        let (size, audited) = row.map_err(reading())?;
        changes.extend(audited);
        bytes += size;
        if bytes > MOST_BYTES && !changes.is_empty() {
            break;
        }
    }
    Ok(changes)
}

/// Returns one version, current or not.
pub(super) fn version_by_id(
    connection: &Connection,
    project: ProjectId,
    id: i64,
) -> Result<Option<Version>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM config_version v WHERE v.project_id = ?1 AND v.id = ?2");
    versions(connection, &query, params![project.0, id]).map(|mut versions| versions.pop())
}

/// Lists the newest versions of keys that are deleted.
pub(super) fn deleted(connection: &Connection, project: ProjectId) -> Result<Vec<Version>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM config_head h
         JOIN config_version v ON v.project_id = h.project_id AND v.id = h.id
         WHERE h.project_id = ?1 AND v.body IS NULL ORDER BY h.key"
    );
    versions(connection, &query, params![project.0])
}

fn versions(connection: &Connection, query: &str, params: impl Params) -> Result<Vec<Version>, StoreError> {
    let reading = || failed("reading changes");
    let mut statement = connection.prepare_cached(query).map_err(reading())?;
    let rows = statement.query_map(params, version).map_err(reading())?;
    let mut versions = Vec::new();
    for row in rows {
        versions.extend(row.map_err(reading())?);
    }
    Ok(versions)
}

/// Decodes a version. A damaged version is skipped and logged, so that the others are still served.
fn version(row: &Row<'_>) -> rusqlite::Result<Option<Version>> {
    let (id, key): (i64, String) = (row.get(0)?, row.get(2)?);
    let body: Option<Vec<u8>> = row.get(3)?;
    let tags: String = row.get(9)?;
    let config = match body.as_deref().map(|body| decode(body, &tags)).transpose() {
        Ok(config) => config,
        Err(cause) => {
            error!(key, id, cause, "stored config is damaged, skipping it");
            return Ok(None);
        }
    };
    Ok(Some(Version {
        id,
        previous_id: row.get(1)?,
        key,
        config,
        changed_by: ChangedBy {
            user_id: row.get(4)?,
            email: row.get(5)?,
            api_key_id: row.get(6)?,
            user_identity: row.get(7)?,
        },
        changed_at_millis: row.get(8)?,
    }))
}

/// Decodes a config from its two columns. Tags have a column of their own, because the wire format has no tags.
pub(super) fn decode(body: &[u8], tags: &str) -> Result<Config, String> {
    let config = wire::Config::decode(body).map_err(|error| error.to_string())?;
    let config: Config =
        config.try_into().map_err(|error: prefab_proto::convert::InvalidConfig| error.to_string())?;
    Ok(Config { tags: serde_json::from_str(tags).unwrap_or_default(), ..config })
}

pub(super) fn tags_text(config: Option<&Config>) -> String {
    // A list of strings always serializes.
    serde_json::to_string(config.map(|config| &*config.tags).unwrap_or_default()).unwrap_or_default()
}
