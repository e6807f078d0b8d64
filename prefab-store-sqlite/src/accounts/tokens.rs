//! Management tokens.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::accounts::{memberships, sessions::USE_MILLIS};
use crate::{failed, unique_names, write};
use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError,
    accounts::{NewToken, Token},
    key::KeyHash,
};

const COLUMNS: &str = "id, project_id, name, roles, created_by, created_by_person, created_at_millis,
                       last_used_at_millis, expires_at_millis, revoked_at_millis, owner_id";

pub(super) fn keep(connection: &mut Connection, token: &NewToken, now: i64) -> Result<i64, StoreError> {
    let NewToken { project, hash, name, roles, created_by, created_by_person, owner, expires_at_millis } =
        token;
    let creating = || failed("creating a token");
    let transaction = write(connection)?;
    unique_names::token(&transaction, *project, name, now)?;
    transaction
        .execute(
            "INSERT INTO token (project_id, hash, name, roles, created_by, created_by_person,
                                created_at_millis, expires_at_millis, owner_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                project.0,
                hash.0,
                name,
                roles.to_text(),
                created_by,
                created_by_person,
                now,
                expires_at_millis,
                owner
            ],
        )
        .map_err(creating())?;
    let id = transaction.last_insert_rowid();
    transaction.commit().map_err(creating())?;
    Ok(id)
}

pub(super) fn list(connection: &Connection, project: ProjectId) -> Result<Vec<Token>, StoreError> {
    let reading = || failed("reading tokens");
    let query = format!("SELECT {COLUMNS} FROM token WHERE project_id = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&query).map_err(reading())?;
    let tokens = statement.query_map([project.0], token).and_then(Iterator::collect);
    tokens.map_err(reading())
}

pub(super) fn revoke(
    connection: &Connection,
    project: ProjectId,
    id: i64,
    now: i64,
) -> Result<bool, StoreError> {
    connection
        .execute(
            "UPDATE token SET revoked_at_millis = ?3
             WHERE id = ?1 AND project_id = ?2 AND revoked_at_millis IS NULL
               AND (expires_at_millis IS NULL OR expires_at_millis > ?3)",
            params![id, project.0, now],
        )
        .map(|changed| changed > 0)
        .map_err(failed("revoking a token"))
}

/// Revokes the tokens that act for a person, in one project or in all. Returns the tokens that had not ended.
pub(super) fn revoke_all(
    connection: &Connection,
    owner: i64,
    project: Option<ProjectId>,
    now: i64,
) -> Result<Vec<Token>, StoreError> {
    let query = format!(
        "UPDATE token SET revoked_at_millis = ?3
         WHERE owner_id = ?1 AND project_id = coalesce(?2, project_id) AND revoked_at_millis IS NULL
           AND (expires_at_millis IS NULL OR expires_at_millis > ?3)
         RETURNING {COLUMNS}"
    );
    let mut statement = connection.prepare(&query).map_err(failed("revoking tokens"))?;
    let project = project.map(|project| project.0);
    let ended = statement.query_map(params![owner, project, now], token);
    let mut ended: Vec<Token> = ended.and_then(Iterator::collect).map_err(failed("revoking tokens"))?;
    ended.sort_by_key(|token| token.id);
    Ok(ended)
}

pub(super) fn find(connection: &Connection, hash: &KeyHash, now: i64) -> Result<Option<Token>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM token WHERE hash = ?1 AND revoked_at_millis IS NULL
           AND (expires_at_millis IS NULL OR expires_at_millis > ?2)"
    );
    let found = connection
        .prepare_cached(&query)
        .and_then(|mut statement| statement.query_row(params![hash.0, now], token).optional())
        .map_err(failed("reading a token"))?;
    Ok(found.map(|token| bounded(connection, token)).transpose()?.flatten())
}

/// Records the use of a token.
pub(super) fn used(connection: &Connection, id: i64, now: i64) -> Result<(), StoreError> {
    connection
        .execute(
            // Of several requests that see the old time, one writes.
            "UPDATE token SET last_used_at_millis = ?2
             WHERE id = ?1 AND (last_used_at_millis IS NULL OR last_used_at_millis <= ?3)",
            params![id, now, now - USE_MILLIS],
        )
        .map(drop)
        .map_err(failed("writing the use of a token"))
}

/// Limits a token to the current roles of the person it acts for, who may have been removed.
fn bounded(connection: &Connection, token: Token) -> Result<Option<Token>, StoreError> {
    let Some(owner) = token.owner else { return Ok(Some(token)) };
    let mut places = memberships::projects(connection, owner)?;
    let bound = places.remove(&token.project);
    Ok(bound.map(|bound| Token { roles: token.roles.limited_to(&bound), ..token }))
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        project: ProjectId(row.get(1)?),
        name: row.get(2)?,
        roles: Roles::from_text(&row.get::<_, String>(3)?),
        created_by: row.get(4)?,
        created_by_person: row.get(5)?,
        created_at_millis: row.get(6)?,
        last_used_at_millis: row.get(7)?,
        expires_at_millis: row.get(8)?,
        revoked_at_millis: row.get(9)?,
        owner: row.get(10)?,
    })
}
