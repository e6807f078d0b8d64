//! Queries on API keys.

use rusqlite::{Connection, Row, params};

use crate::{failed, registry, write};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    KeyDetails, KeyRequest, NewKey, StoreError,
    key::{IssuedKey, KeyKind},
};

pub(super) fn issue(connection: &mut Connection, request: NewKey, now: i64) -> Result<IssuedKey, StoreError> {
    let NewKey {
        project,
        environment,
        kind,
        user_id,
        name,
        created_by,
        created_by_person,
        expires_at_millis,
    } = request;
    let issued = registry::issue_key(connection, &KeyRequest { project, environment, kind, user_id }, now)?;
    connection
        .execute(
            "UPDATE api_key SET name = ?2, created_by = ?3, expires_at_millis = ?4, created_by_person = ?5
             WHERE id = ?1",
            params![issued.id, name, created_by, expires_at_millis, created_by_person],
        )
        .map_err(failed("issuing an API key"))?;
    Ok(issued)
}

pub(super) fn list(connection: &Connection, project: ProjectId) -> Result<Vec<KeyDetails>, StoreError> {
    let reading = || failed("reading API keys");
    let mut statement = connection
        .prepare_cached(
            "SELECT id, environment_id, kind, name, user_id, created_by, created_at_millis,
                    last_used_at_millis, expires_at_millis, revoked_at_millis, created_by_person
             FROM api_key WHERE project_id = ?1 ORDER BY id",
        )
        .map_err(reading())?;
    let rows = statement.query_map([project.0], details).map_err(reading())?;
    let mut keys = Vec::new();
    for row in rows {
        keys.extend(row.map_err(reading())?);
    }
    Ok(keys)
}

fn details(row: &Row<'_>) -> rusqlite::Result<Option<KeyDetails>> {
    let kind: String = row.get(2)?;
    let Some(kind) = KeyKind::from_name(&kind) else { return Ok(None) };
    Ok(Some(KeyDetails {
        id: row.get(0)?,
        environment: EnvironmentId(row.get(1)?),
        kind,
        name: row.get(3)?,
        user_id: row.get(4)?,
        created_by: row.get(5)?,
        created_at_millis: row.get(6)?,
        last_used_at_millis: row.get(7)?,
        expires_at_millis: row.get(8)?,
        revoked_at_millis: row.get(9)?,
        created_by_person: row.get(10)?,
    }))
}

/// Sets the expiry of a key. A key that has ended stays ended.
pub(super) fn expire(connection: &Connection, id: i64, at_millis: i64, now: i64) -> Result<bool, StoreError> {
    connection
        .execute(
            "UPDATE api_key SET expires_at_millis = ?2
             WHERE id = ?1 AND revoked_at_millis IS NULL
               AND (expires_at_millis IS NULL OR expires_at_millis > ?3)",
            params![id, at_millis, now],
        )
        .map(|changed| changed > 0)
        .map_err(failed("setting the expiry of an API key"))
}

pub(super) fn used(connection: &mut Connection, used: &[(i64, i64)]) -> Result<(), StoreError> {
    let writing = || failed("writing API key usage");
    let transaction = write(connection)?;
    for (id, at_millis) in used {
        transaction
            .prepare_cached(
                "UPDATE api_key SET last_used_at_millis = max(coalesce(last_used_at_millis, 0), ?2) WHERE id = ?1",
            )
            .and_then(|mut statement| statement.execute(params![id, at_millis]))
            .map_err(writing())?;
    }
    transaction.commit().map_err(writing())
}
