//! Invitations. Each can be used once before it expires.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::failed;
use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError,
    accounts::{Invitation, NewInvitation},
    key::KeyHash,
};

pub(super) fn keep(connection: &Connection, invitation: &NewInvitation, now: i64) -> Result<i64, StoreError> {
    let NewInvitation { hash, to, created_by, expires_at_millis } = invitation;
    let project = to.as_ref().map(|(project, ..)| project.0);
    let email = to.as_ref().map(|(_, email, _)| email);
    let roles = to.as_ref().map(|(.., roles)| roles.to_text());
    connection
        .execute(
            "INSERT INTO invitation (hash, project_id, email, roles, created_by, created_at_millis,
                                     expires_at_millis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![hash.0, project, email, roles, created_by, now, expires_at_millis],
        )
        .map_err(failed("creating an invitation"))?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn list(
    connection: &Connection,
    project: ProjectId,
    now: i64,
) -> Result<Vec<Invitation>, StoreError> {
    let reading = || failed("reading invitations");
    let mut statement = connection
        .prepare_cached(
            "SELECT id, email, roles, created_by, created_at_millis, expires_at_millis FROM invitation
             WHERE project_id = ?1 AND used_at_millis IS NULL AND expires_at_millis > ?2 ORDER BY id",
        )
        .map_err(reading())?;
    let invitations = statement.query_map(params![project.0, now], |row| {
        Ok(Invitation {
            id: row.get(0)?,
            email: row.get(1)?,
            roles: Roles::from_text(&row.get::<_, String>(2)?),
            created_by: row.get(3)?,
            created_at_millis: row.get(4)?,
            expires_at_millis: row.get(5)?,
        })
    });
    invitations.and_then(Iterator::collect).map_err(reading())
}

pub(super) fn revoke(
    connection: &Connection,
    project: ProjectId,
    id: i64,
    now: i64,
) -> Result<bool, StoreError> {
    connection
        .execute(
            "DELETE FROM invitation
             WHERE id = ?1 AND project_id = ?2 AND used_at_millis IS NULL AND expires_at_millis > ?3",
            params![id, project.0, now],
        )
        .map(|changed| changed > 0)
        .map_err(failed("revoking an invitation"))
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
pub(super) fn find(
    connection: &Connection,
    hash: &KeyHash,
    email: &str,
    now: i64,
) -> Result<Option<Found>, StoreError> {
    connection
        .query_row(
            "SELECT id, project_id, roles, created_by FROM invitation
             WHERE hash = ?1 AND used_at_millis IS NULL AND expires_at_millis > ?2
               AND (email = ?3 OR project_id IS NULL AND NOT EXISTS (SELECT 1 FROM person))",
            params![hash.0, now, email],
            |row| {
                let (project, roles): (Option<i64>, Option<String>) = (row.get(1)?, row.get(2)?);
                let to =
                    project.map(|id| (ProjectId(id), Roles::from_text(roles.as_deref().unwrap_or_default())));
                Ok(Found { id: row.get(0)?, to, created_by: row.get(3)? })
            },
        )
        .optional()
        .map_err(failed("finding an invitation"))
}

pub(super) fn use_up(connection: &Connection, id: i64, person: i64, now: i64) -> Result<(), StoreError> {
    connection
        .execute(
            "UPDATE invitation SET used_at_millis = ?2, used_by = ?3 WHERE id = ?1",
            params![id, now, person],
        )
        .map(drop)
        .map_err(failed("using an invitation"))
}
