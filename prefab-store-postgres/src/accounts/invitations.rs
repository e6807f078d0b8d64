//! Invitations. Each can be used once before it expires.

use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError,
    accounts::{Invitation, NewInvitation},
    key::KeyHash,
};
use tokio_postgres::Row;

use crate::{database::Database, session::Session, sql::values};

pub(super) async fn create(database: &Database, invitation: NewInvitation) -> Result<i64, StoreError> {
    let NewInvitation { hash, to, created_by, expires_at_millis } = invitation;
    let mut session = database.session("creating an invitation").await?;
    let now = database.now_millis(&mut session).await?;
    let (project, email, roles) = match to {
        Some((project, email, roles)) => (Some(project), Some(email), Some(roles.to_text())),
        None => (None, None, None),
    };
    let sql = "INSERT INTO @.invitation (hash, project_id, email, roles, created_by, created_at_millis,
                                         expires_at_millis)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values = values![&hash, project, email, roles, created_by, now, expires_at_millis];
    Ok(session.query_one(sql, values).await?.get(0))
}

pub(super) async fn list(database: &Database, project: ProjectId) -> Result<Vec<Invitation>, StoreError> {
    let mut session = database.session("reading invitations").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "SELECT id, email, roles, created_by, created_at_millis, expires_at_millis FROM @.invitation
               WHERE project_id = $1 AND used_at_millis IS NULL AND expires_at_millis > $2 ORDER BY id";
    let rows = session.query(sql, values![project, now]).await?;
    let invitation = |row: &Row| Invitation {
        id: row.get(0),
        email: row.get(1),
        roles: Roles::from_text(row.get(2)),
        created_by: row.get(3),
        created_at_millis: row.get(4),
        expires_at_millis: row.get(5),
    };
    Ok(rows.iter().map(invitation).collect())
}

pub(super) async fn revoke(database: &Database, project: ProjectId, id: i64) -> Result<bool, StoreError> {
    let mut session = database.session("revoking an invitation").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "DELETE FROM @.invitation
               WHERE id = $1 AND project_id = $2 AND used_at_millis IS NULL AND expires_at_millis > $3";
    Ok(session.execute(sql, values![id, project, now]).await? > 0)
}

/// An invitation that can be used.
pub(super) struct Found {
    pub(super) id: i64,
    /// `None` for the first person.
    pub(super) to: Option<(ProjectId, Roles)>,
    /// The label of the actor who invited.
    pub(super) created_by: String,
}

/// Finds an invitation that can be used with an e-mail address. The invitation for the first person is valid for any
/// address, as long as there is no account.
pub(super) async fn find(
    session: &mut Session,
    hash: &KeyHash,
    email: &str,
    now: i64,
) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT id, project_id, roles, created_by FROM @.invitation
               WHERE hash = $1 AND used_at_millis IS NULL AND expires_at_millis > $2
                 AND (email = $3 OR project_id IS NULL AND NOT EXISTS (SELECT 1 FROM @.person))";
    let row = session.query_optional(sql, values![hash, now, email]).await?;
    Ok(row.map(|row| {
        let (project, roles): (Option<i64>, Option<String>) = (row.get(1), row.get(2));
        let to = project.map(|id| (ProjectId(id), Roles::from_text(roles.as_deref().unwrap_or_default())));
        Found { id: row.get(0), to, created_by: row.get(3) }
    }))
}

/// Marks an invitation as used. Returns `false` if it was revoked in between.
pub(super) async fn use_up(
    session: &mut Session,
    id: i64,
    person: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE @.invitation SET used_at_millis = $2, used_by = $3
               WHERE id = $1 AND used_at_millis IS NULL";
    Ok(session.execute(sql, values![id, now, person]).await? > 0)
}
