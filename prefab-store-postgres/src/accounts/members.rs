//! Members of projects, their roles, and offers of membership.

use prefab_core::ids::ProjectId;
use prefab_store::{
    Role, Roles, StoreError,
    accounts::{Member, MemberChange, MembershipOffer, OfferOutcome},
};
use tokio_postgres::Row;

use super::{
    memberships::{delete_reset, person},
    tokens,
};
use crate::{audit::lock_installation, database::Database, session::Session, sql::values};

pub(super) async fn list(session: &mut Session, project: ProjectId) -> Result<Vec<Member>, StoreError> {
    let sql = "SELECT id, email, name, roles, joined_at_millis FROM @.member JOIN @.person ON id = person_id
               WHERE project_id = $1 ORDER BY email";
    let rows = session.query(sql, values![project]).await?;
    let member = |row: &Row| Member {
        person: person(row),
        roles: Roles::from_text(row.get(3)),
        joined_at_millis: row.get(4),
    };
    Ok(rows.iter().map(member).collect())
}

/// Adds a member, or changes the roles of one. An offer to the person ends, because a member cannot accept one.
pub(super) async fn insert(
    session: &mut Session,
    project: ProjectId,
    person: i64,
    roles: &Roles,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO @.member (project_id, person_id, roles, joined_at_millis) VALUES ($1, $2, $3, $4)
               ON CONFLICT (project_id, person_id) DO UPDATE SET roles = $3";
    session.execute(sql, values![project, person, roles.to_text(), now]).await?;
    remove_offer(session, project, person).await.map(drop)
}

/// Changes the roles of a member, or removes the member if `roles` is `None`.
pub(super) async fn change(
    database: &Database,
    project: ProjectId,
    person: i64,
    roles: Option<&Roles>,
) -> Result<MemberChange, StoreError> {
    let mut session = database.begin("changing the members of a project").await?;
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    let before = list(&mut session, project).await?.into_iter().find(|member| member.person.id == person);
    let was_admin = before.as_ref().is_some_and(|member| member.roles.project == Role::Admin);
    let stays_admin = roles.is_some_and(|roles| roles.project == Role::Admin);
    if was_admin && !stays_admin && is_last_admin(&mut session, project, person).await? {
        return Ok(MemberChange::LastAdmin);
    }
    let ended = match (roles, before) {
        (None, None) => return Ok(MemberChange::Unknown),
        (Some(roles), _) => {
            insert(&mut session, project, person, roles, now).await?;
            Vec::new()
        }
        (None, Some(_)) => {
            let sql = "DELETE FROM @.member WHERE project_id = $1 AND person_id = $2";
            session.execute(sql, values![project, person]).await?;
            tokens::revoke_all(&mut session, person, Some(project), now).await?
        }
    };
    session.commit().await?;
    Ok(MemberChange::Done(ended))
}

/// Returns whether this person is the only admin of a project.
pub(super) async fn is_last_admin(
    session: &mut Session,
    project: ProjectId,
    person: i64,
) -> Result<bool, StoreError> {
    let mut others = list(session, project).await?.into_iter().filter(|member| member.person.id != person);
    Ok(!others.any(|member| member.roles.project == Role::Admin))
}

/// Keeps an offer, unless the person joined, or deleted the account, a moment ago. The lock makes the checks hold until the
/// offer is committed.
pub(super) async fn offer(database: &Database, offer: MembershipOffer) -> Result<OfferOutcome, StoreError> {
    let MembershipOffer { project, person, roles, offered_by, offered_at_millis } = offer;
    let mut session = database.begin("offering membership").await?;
    lock_installation(&mut session).await?;
    let sql = "SELECT EXISTS (SELECT 1 FROM @.person WHERE id = $2),
                      EXISTS (SELECT 1 FROM @.member WHERE project_id = $1 AND person_id = $2)";
    let row = session.query_one(sql, values![project, person.id]).await?;
    if !row.get::<_, bool>(0) {
        return Ok(OfferOutcome::UnknownPerson);
    }
    if row.get(1) {
        return Ok(OfferOutcome::AlreadyMember);
    }
    let sql = "INSERT INTO @.membership_offer (project_id, person_id, roles, offered_by, offered_at_millis)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (project_id, person_id) DO UPDATE
               SET roles = $3, offered_by = $4, offered_at_millis = $5";
    let values = values![project, person.id, roles.to_text(), offered_by, offered_at_millis];
    session.execute(sql, values).await?;
    session.commit().await?;
    Ok(OfferOutcome::Done)
}

/// Lists the offers that a condition on an id selects.
pub(super) async fn offers(
    session: &mut Session,
    condition: &str,
    id: i64,
) -> Result<Vec<MembershipOffer>, StoreError> {
    let sql = format!(
        "SELECT p.id, p.email, p.name, project_id, roles, offered_by, offered_at_millis
         FROM @.membership_offer JOIN @.person p ON p.id = person_id WHERE {condition}"
    );
    let rows = session.query(&sql, values![id]).await?;
    let offer = |row: &Row| MembershipOffer {
        person: person(row),
        project: ProjectId(row.get(3)),
        roles: Roles::from_text(row.get(4)),
        offered_by: row.get(5),
        offered_at_millis: row.get(6),
    };
    Ok(rows.iter().map(offer).collect())
}

/// Makes the person a member with the roles of the offer.
pub(super) async fn accept(database: &Database, project: ProjectId, person: i64) -> Result<bool, StoreError> {
    let mut session = database.begin("accepting membership").await?;
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    // The roles of the offer that is deleted: it may have been withdrawn or changed in between.
    let sql = "DELETE FROM @.membership_offer WHERE project_id = $1 AND person_id = $2 RETURNING roles";
    let Some(row) = session.query_optional(sql, values![project, person]).await? else { return Ok(false) };
    insert(&mut session, project, person, &Roles::from_text(row.get(0)), now).await?;
    // With more rights, the account is out of reach of the admin who may have created the link.
    delete_reset(&mut session, person).await?;
    session.commit().await?;
    Ok(true)
}

pub(super) async fn remove_offer(
    session: &mut Session,
    project: ProjectId,
    person: i64,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM @.membership_offer WHERE project_id = $1 AND person_id = $2";
    Ok(session.execute(sql, values![project, person]).await? > 0)
}
