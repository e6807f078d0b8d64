//! Members of projects and their roles.

use rusqlite::{Connection, params};

use crate::accounts::person_row::person;
use crate::failed;
use crate::{
    accounts::{offer_row, tokens},
    write,
};
use prefab_core::ids::ProjectId;
use prefab_store::{
    Role, Roles, StoreError,
    accounts::{Member, MemberChange},
};

pub(super) fn list(connection: &Connection, project: ProjectId) -> Result<Vec<Member>, StoreError> {
    let reading = || failed("reading the members of a project");
    let mut statement = connection
        .prepare_cached(
            "SELECT id, email, name, roles, joined_at_millis FROM member JOIN person ON id = person_id
             WHERE project_id = ?1 ORDER BY email",
        )
        .map_err(reading())?;
    let members = statement.query_map([project.0], |row| {
        let (roles, joined_at_millis): (String, i64) = (row.get(3)?, row.get(4)?);
        Ok(Member { person: person(row)?, roles: Roles::from_text(&roles), joined_at_millis })
    });
    members.and_then(Iterator::collect).map_err(reading())
}

/// Adds a member, or changes the roles of one. An offer to the person ends, because a member cannot accept one.
pub(super) fn insert(
    connection: &Connection,
    project: ProjectId,
    person: i64,
    roles: &Roles,
    now: i64,
) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO member (project_id, person_id, roles, joined_at_millis) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project_id, person_id) DO UPDATE SET roles = ?3",
            params![project.0, person, roles.to_text(), now],
        )
        .map_err(failed("adding a member to a project"))?;
    offer_row::delete(connection, project, person).map(drop)
}

/// Changes the roles of a member, or removes the member if `roles` is `None`.
pub(super) fn change(
    connection: &mut Connection,
    project: ProjectId,
    person: i64,
    roles: Option<&Roles>,
    now: i64,
) -> Result<MemberChange, StoreError> {
    let changing = || failed("changing the members of a project");
    let transaction = write(connection)?;
    let before = list(&transaction, project)?.into_iter().find(|member| member.person.id == person);
    let was_admin = before.as_ref().is_some_and(|member| member.roles.project == Role::Admin);
    let stays_admin = roles.is_some_and(|roles| roles.project == Role::Admin);
    if was_admin && !stays_admin && is_last_admin(&transaction, project, person)? {
        return Ok(MemberChange::LastAdmin);
    }
    let ended = match (roles, before) {
        (None, None) => return Ok(MemberChange::Unknown),
        (Some(roles), _) => {
            insert(&transaction, project, person, roles, now)?;
            Vec::new()
        }
        (None, Some(_)) => {
            let gone = "DELETE FROM member WHERE project_id = ?1 AND person_id = ?2";
            transaction.execute(gone, params![project.0, person]).map(drop).map_err(changing())?;
            tokens::revoke_all(&transaction, person, Some(project), now)?
        }
    };
    transaction.commit().map_err(changing())?;
    Ok(MemberChange::Done(ended))
}

/// Returns whether this person is the only admin of a project.
pub(super) fn is_last_admin(
    connection: &Connection,
    project: ProjectId,
    person: i64,
) -> Result<bool, StoreError> {
    let mut others = list(connection, project)?.into_iter().filter(|member| member.person.id != person);
    Ok(!others.any(|member| member.roles.project == Role::Admin))
}
