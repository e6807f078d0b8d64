//! People, their passwords, and password reset links. Each link can be used once before it expires.

use prefab_core::ids::ProjectId;
use prefab_store::{
    Role, Roles, StoreError,
    accounts::{Account, DeletePersonOutcome, NewPerson, Person, Session as SignedIn, SignUpOutcome},
    key::KeyHash,
};

use super::{
    invitations, members,
    memberships::{self, person},
    owners, sessions, tokens,
};
use crate::{
    audit::lock_installation,
    database::Database,
    session::Session,
    sql::{storable, values},
};

pub(super) async fn find(database: &Database, email: String) -> Result<Option<Account>, StoreError> {
    let mut session = database.session("finding a person").await?;
    let sql = "SELECT id, email, name, password.hash, is_owner, invited_by, created_at_millis
               FROM @.person LEFT JOIN @.password ON person_id = id WHERE email = $1";
    let Some(row) = session.query_optional(sql, values![email]).await? else { return Ok(None) };
    let person = person(&row);
    let projects = memberships::projects(&mut session, person.id).await?.into_keys().collect();
    Ok(Some(Account {
        person,
        password: row.get(3),
        projects,
        is_owner: row.get(4),
        invited_by: row.get(5),
        created_at_millis: row.get(6),
    }))
}

pub(super) async fn sign_up(
    database: &Database,
    invitation: &KeyHash,
    new: NewPerson,
) -> Result<SignUpOutcome, StoreError> {
    let NewPerson { email, name, password } = new;
    let (email, name) = (storable(email), storable(name));
    let mut session = database.begin("creating an account").await?;
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    let Some(invited) = invitations::find(&mut session, invitation, &email, now).await? else {
        return Ok(SignUpOutcome::NotInvited);
    };
    let sql = "INSERT INTO @.person (email, name, created_at_millis, is_owner, invited_by)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING RETURNING id";
    let invited_by = invited.to.is_some().then_some(invited.created_by);
    let values = values![&*email, &*name, now, invited.to.is_none(), invited_by];
    let Some(row) = session.query_optional(sql, values).await? else { return Ok(SignUpOutcome::EmailTaken) };
    let id = row.get(0);
    store_password(&mut session, id, &password, now).await?;
    let places = match invited.to {
        Some((project, roles)) => vec![(project, roles)],
        None => everywhere(&mut session).await?,
    };
    for (project, roles) in &places {
        members::insert(&mut session, *project, id, roles, now).await?;
    }
    if !invitations::use_up(&mut session, invited.id, id, now).await? {
        return Ok(SignUpOutcome::NotInvited);
    }
    session.commit().await?;
    let projects = places.into_iter().map(|(project, _)| project).collect();
    Ok(SignUpOutcome::Created(Person { id, email, name }, projects))
}

/// Returns the roles of the first person: admin of every project.
async fn everywhere(session: &mut Session) -> Result<Vec<(ProjectId, Roles)>, StoreError> {
    let rows = session.query("SELECT id FROM @.project ORDER BY id", values![]).await?;
    Ok(rows.iter().map(|row| (ProjectId(row.get(0)), Roles::of(Role::Admin))).collect())
}

pub(super) async fn set_password(
    database: &Database,
    person: i64,
    hash: &str,
    but: &KeyHash,
) -> Result<(), StoreError> {
    let mut session = database.begin("changing a password").await?;
    lock_person(&mut session, person).await?;
    let now = database.now_millis(&mut session).await?;
    store_password(&mut session, person, hash, now).await?;
    sessions::end_all(&mut session, person, Some(but)).await?;
    session.commit().await
}

/// Locks a person, before the password and the sessions: all transactions that change both do so in this order.
async fn lock_person(session: &mut Session, person: i64) -> Result<(), StoreError> {
    session.query("SELECT 1 FROM @.person WHERE id = $1 FOR UPDATE", values![person]).await.map(drop)
}

async fn store_password(session: &mut Session, person: i64, hash: &str, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO @.password (person_id, hash, changed_at_millis) VALUES ($1, $2, $3)
               ON CONFLICT (person_id) DO UPDATE SET hash = $2, changed_at_millis = $3";
    session.execute(sql, values![person, hash, now]).await.map(drop)
}

/// Returns the person whose password a link sets.
pub(super) async fn of_reset(
    session: &mut Session,
    reset: &KeyHash,
    now: i64,
) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT id, email, name FROM @.reset JOIN @.person ON id = person_id
               WHERE reset.hash = $1 AND expires_at_millis > $2";
    Ok(session.query_optional(sql, values![reset, now]).await?.as_ref().map(person))
}

/// Sets the password, deletes the link, and ends all sessions.
pub(super) async fn reset_password(
    database: &Database,
    reset: &KeyHash,
    hash: &str,
) -> Result<Option<SignedIn>, StoreError> {
    let mut session = database.begin("setting a new password").await?;
    let now = database.now_millis(&mut session).await?;
    let Some(person) = of_reset(&mut session, reset, now).await? else { return Ok(None) };
    lock_person(&mut session, person.id).await?;
    // Of two requests with the same link, one deletes it.
    let sql = "DELETE FROM @.reset WHERE hash = $1";
    if session.execute(sql, values![reset]).await? == 0 {
        return Ok(None);
    }
    store_password(&mut session, person.id, hash, now).await?;
    sessions::end_all(&mut session, person.id, None).await?;
    let projects = memberships::projects(&mut session, person.id).await?;
    let is_owner = owners::list(&mut session).await?.iter().any(|owner| owner.id == person.id);
    session.commit().await?;
    Ok(Some(SignedIn { person, projects, is_owner }))
}

/// Deletes a person. The audit log keeps their name as text.
pub(super) async fn delete(database: &Database, person: i64) -> Result<DeletePersonOutcome, StoreError> {
    let mut session = database.begin("deleting a person").await?;
    lock_installation(&mut session).await?;
    let now = database.now_millis(&mut session).await?;
    for (project, roles) in memberships::projects(&mut session, person).await? {
        if roles.project == Role::Admin && members::is_last_admin(&mut session, project, person).await? {
            return Ok(DeletePersonOutcome::LastAdmin(project));
        }
    }
    if owners::is_last(&mut session, person).await? {
        return Ok(DeletePersonOutcome::LastOwner);
    }
    lock_person(&mut session, person).await?;
    let ended = tokens::revoke_all(&mut session, person, None, now).await?;
    for sql in [
        "DELETE FROM @.member WHERE person_id = $1",
        "DELETE FROM @.membership_offer WHERE person_id = $1",
        "DELETE FROM @.known_browser WHERE person_id = $1",
        "DELETE FROM @.session WHERE person_id = $1",
        "DELETE FROM @.reset WHERE person_id = $1",
        "DELETE FROM @.password WHERE person_id = $1",
        "UPDATE @.invitation SET used_by = NULL WHERE used_by = $1",
        "DELETE FROM @.person WHERE id = $1",
    ] {
        session.execute(sql, values![person]).await?;
    }
    session.commit().await?;
    Ok(DeletePersonOutcome::Done(ended))
}
