//! Management tokens.

use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError,
    accounts::{NewToken, Token},
    key::KeyHash,
};
use tokio_postgres::Row;

use super::{
    memberships,
    sessions::{USE_MILLIS, is_due, unless_full},
};
use crate::{audit::lock_installation, database::Database, session::Session, sql::values, unique_names};

const COLUMNS: &str = "id, project_id, name, roles, created_by, created_by_person, created_at_millis,
                       last_used_at_millis, expires_at_millis, revoked_at_millis, owner_id";

pub(super) async fn create(database: &Database, token: NewToken) -> Result<i64, StoreError> {
    let NewToken { project, hash, name, roles, created_by, created_by_person, owner, expires_at_millis } =
        token;
    let mut session = database.begin("creating a token").await?;
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    unique_names::token(&mut session, project, &name, now).await?;
    let sql = "INSERT INTO @.token (project_id, hash, name, roles, created_by, created_by_person,
                                    created_at_millis, expires_at_millis, owner_id)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
    let values = values![
        project,
        &hash,
        name,
        roles.to_text(),
        created_by,
        created_by_person,
        now,
        expires_at_millis,
        owner
    ];
    let id = session.query_one(sql, values).await?.get(0);
    session.commit().await?;
    Ok(id)
}

pub(super) async fn list(database: &Database, project: ProjectId) -> Result<Vec<Token>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM @.token WHERE project_id = $1 ORDER BY id");
    let rows = database.query("reading tokens", &sql, values![project]).await?;
    Ok(rows.iter().map(token).collect())
}

pub(super) async fn revoke(database: &Database, project: ProjectId, id: i64) -> Result<bool, StoreError> {
    let mut session = database.session("revoking a token").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "UPDATE @.token SET revoked_at_millis = $3
               WHERE id = $1 AND project_id = $2 AND revoked_at_millis IS NULL
                 AND (expires_at_millis IS NULL OR expires_at_millis > $3)";
    Ok(session.execute(sql, values![id, project, now]).await? > 0)
}

/// Revokes the tokens that act for a person, in one project or in all. Returns the tokens that had not ended.
pub(super) async fn revoke_all(
    session: &mut Session,
    owner: i64,
    project: Option<ProjectId>,
    now: i64,
) -> Result<Vec<Token>, StoreError> {
    let sql = format!(
        "UPDATE @.token SET revoked_at_millis = $3
         WHERE owner_id = $1 AND project_id = coalesce($2, project_id) AND revoked_at_millis IS NULL
           AND (expires_at_millis IS NULL OR expires_at_millis > $3)
         RETURNING {COLUMNS}"
    );
    let rows = session.query(&sql, values![owner, project, now]).await?;
    let mut ended: Vec<Token> = rows.iter().map(token).collect();
    ended.sort_by_key(|token| token.id);
    Ok(ended)
}

/// Returns a token that has not ended, limited to the current roles of the person it acts for, who may have been removed.
pub(super) async fn find(
    database: &Database,
    hash: &KeyHash,
    is_use: bool,
) -> Result<Option<Token>, StoreError> {
    let mut session = database.session("reading a token").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM @.token WHERE hash = $1 AND revoked_at_millis IS NULL
           AND (expires_at_millis IS NULL OR expires_at_millis > $2)"
    );
    let Some(row) = session.query_optional(&sql, values![hash, now]).await? else { return Ok(None) };
    let mut found = token(&row);
    if let Some(owner) = found.owner {
        let mut places = memberships::projects(&mut session, owner).await?;
        let Some(bound) = places.remove(&found.project) else { return Ok(None) };
        found.roles = found.roles.limited_to(&bound);
    }
    if is_use && found.last_used_at_millis.is_none_or(|used| is_due(used, now)) {
        // Of several requests that see the old time, one writes.
        let sql = "UPDATE @.token SET last_used_at_millis = $2
                   WHERE id = $1 AND (last_used_at_millis IS NULL OR last_used_at_millis <= $3)";
        unless_full(session.execute(sql, values![found.id, now, now - USE_MILLIS]).await)?;
    }
    Ok(Some(found))
}

fn token(row: &Row) -> Token {
    Token {
        id: row.get(0),
        project: ProjectId(row.get(1)),
        name: row.get(2),
        roles: Roles::from_text(row.get(3)),
        created_by: row.get(4),
        created_by_person: row.get(5),
        created_at_millis: row.get(6),
        last_used_at_millis: row.get(7),
        expires_at_millis: row.get(8),
        revoked_at_millis: row.get(9),
        owner: row.get(10),
    }
}
