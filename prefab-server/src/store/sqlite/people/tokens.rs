//! Management tokens.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{read, sessions::USE_MILLIS, written};
use crate::{
    clock,
    ids::ProjectId,
    key::KeyHash,
    store::{
        StoreError,
        people::{NewToken, Token},
        sqlite::failed,
    },
};

const COLUMNS: &str = "id, project_id, name, roles, created_by, created_by_person, created_at_millis,
                       last_used_at_millis, expires_at_millis, revoked_at_millis";

pub(super) fn keep(connection: &Connection, token: &NewToken) -> Result<i64, StoreError> {
    let NewToken { project, hash, name, roles, created_by, created_by_person, expires_at_millis } = token;
    connection
        .execute(
            "INSERT INTO token (project_id, hash, name, roles, created_by, created_by_person,
                                created_at_millis, expires_at_millis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                project.0,
                hash.0,
                name,
                written(roles),
                created_by,
                created_by_person,
                clock::now_millis(),
                expires_at_millis
            ],
        )
        .map_err(failed("keeping a token"))?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn list(connection: &Connection, project: ProjectId) -> Result<Vec<Token>, StoreError> {
    let reading = || failed("reading tokens");
    let query = format!("SELECT {COLUMNS} FROM token WHERE project_id = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&query).map_err(reading())?;
    let tokens = statement.query_map([project.0], token).and_then(Iterator::collect);
    tokens.map_err(reading())
}

pub(super) fn revoke(connection: &Connection, project: ProjectId, id: i64) -> Result<bool, StoreError> {
    let now = clock::now_millis();
    connection
        .execute(
            "UPDATE token SET revoked_at_millis = ?3
             WHERE id = ?1 AND project_id = ?2 AND revoked_at_millis IS NULL
               AND (expires_at_millis IS NULL OR expires_at_millis > ?3)",
            params![id, project.0, now],
        )
        .map(|changed| changed > 0)
        .map_err(failed("ending a token"))
}

pub(super) fn find(
    connection: &Connection,
    hash: &KeyHash,
    is_use: bool,
) -> Result<Option<Token>, StoreError> {
    let now = clock::now_millis();
    let query = format!(
        "SELECT {COLUMNS} FROM token WHERE hash = ?1 AND revoked_at_millis IS NULL
           AND (expires_at_millis IS NULL OR expires_at_millis > ?2)"
    );
    let found = connection
        .prepare_cached(&query)
        .and_then(|mut statement| statement.query_row(params![hash.0, now], token).optional())
        .map_err(failed("finding a token"))?;
    let is_due = |token: &Token| token.last_used_at_millis.is_none_or(|at| now - at >= USE_MILLIS);
    if let Some(token) = found.as_ref().filter(|token| is_use && is_due(token)) {
        connection
            .execute("UPDATE token SET last_used_at_millis = ?2 WHERE id = ?1", params![token.id, now])
            .map_err(failed("using a token"))?;
    }
    Ok(found)
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        project: ProjectId(row.get(1)?),
        name: row.get(2)?,
        roles: read(&row.get::<_, String>(3)?),
        created_by: row.get(4)?,
        created_by_person: row.get(5)?,
        created_at_millis: row.get(6)?,
        last_used_at_millis: row.get(7)?,
        expires_at_millis: row.get(8)?,
        revoked_at_millis: row.get(9)?,
    })
}
