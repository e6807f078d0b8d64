//! People and their passwords.

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use crate::accounts::{memberships, person_row::person};
use crate::failed;
use crate::{
    accounts::{browsers, invitations, members, owners, sessions, tokens},
    write,
};
use prefab_core::ids::ProjectId;
use prefab_store::{
    Role, Roles, StoreError,
    accounts::{Account, DeletePersonOutcome, NewPerson, Person, SignUpOutcome},
    key::KeyHash,
};

pub(super) fn exist(connection: &Connection) -> Result<bool, StoreError> {
    connection
        .query_row("SELECT EXISTS (SELECT 1 FROM person)", [], |row| row.get(0))
        .map_err(failed("counting accounts"))
}

pub(super) fn find(connection: &Connection, email: &str) -> Result<Option<Account>, StoreError> {
    let finding = || failed("finding a person");
    let account = connection
        .query_row(
            "SELECT id, email, name, password.hash, is_owner, invited_by, created_at_millis FROM person LEFT JOIN password ON person_id = id
             WHERE email = ?1",
            [email],
            |row| {
                Ok(Account {
                    person: person(row)?,
                    password: row.get(3)?,
                    projects: Vec::new(),
                    is_owner: row.get(4)?,
                    invited_by: row.get(5)?,
                    created_at_millis: row.get(6)?,
                })
            },
        )
        .optional()
        .map_err(finding())?;
    let Some(account) = account else { return Ok(None) };
    let projects = memberships::projects(connection, account.person.id)?.into_keys().collect();
    Ok(Some(Account { projects, ..account }))
}

pub(super) fn sign_up(
    connection: &mut Connection,
    invitation: &KeyHash,
    new: NewPerson,
    now: i64,
) -> Result<SignUpOutcome, StoreError> {
    let signing_up = || failed("creating an account");
    let NewPerson { email, name, password } = new;
    let transaction = write(connection)?;
    let Some(invited) = invitations::find(&transaction, invitation, &email, now)? else {
        return Ok(SignUpOutcome::NotInvited);
    };
    let made = transaction.execute(
        "INSERT INTO person (email, name, created_at_millis, is_owner, invited_by) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![email, name, now, invited.to.is_none(), invited.to.is_some().then_some(&invited.created_by)],
    );
    match made {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Ok(SignUpOutcome::EmailTaken);
        }
        made => made.map_err(signing_up())?,
    };
    let id = transaction.last_insert_rowid();
    transaction
        .execute(
            "INSERT INTO password (person_id, hash, changed_at_millis) VALUES (?1, ?2, ?3)",
            params![id, password, now],
        )
        .map_err(signing_up())?;
    let places = match invited.to {
        Some((project, roles)) => vec![(project, roles)],
        None => everywhere(&transaction)?,
    };
    for (project, roles) in &places {
        members::insert(&transaction, *project, id, roles, now)?;
    }
    invitations::use_up(&transaction, invited.id, id, now)?;
    transaction.commit().map_err(signing_up())?;
    let projects = places.into_iter().map(|(project, _)| project).collect();
    Ok(SignUpOutcome::Created(Person { id, email, name }, projects))
}

/// Returns the roles of the first person: admin of every project.
fn everywhere(connection: &Connection) -> Result<Vec<(ProjectId, Roles)>, StoreError> {
    let reading = || failed("reading projects");
    let mut statement = connection.prepare("SELECT id FROM project ORDER BY id").map_err(reading())?;
    let places = statement.query_map([], |row| Ok((ProjectId(row.get(0)?), Roles::of(Role::Admin))));
    places.and_then(Iterator::collect).map_err(reading())
}

pub(super) fn set_password(
    connection: &mut Connection,
    person: i64,
    hash: &str,
    but: &KeyHash,
    now: i64,
) -> Result<(), StoreError> {
    let transaction = write(connection)?;
    keep_password(&transaction, person, hash, now)?;
    sessions::end_all(&transaction, person, Some(but))?;
    browsers::forget(&transaction, person)?;
    transaction.commit().map_err(failed("changing a password"))
}

pub(super) fn keep_password(
    connection: &Connection,
    person: i64,
    hash: &str,
    now: i64,
) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO password (person_id, hash, changed_at_millis) VALUES (?1, ?2, ?3)
             ON CONFLICT (person_id) DO UPDATE SET hash = ?2, changed_at_millis = ?3",
            params![person, hash, now],
        )
        .map(drop)
        .map_err(failed("changing a password"))
}

/// Deletes a person. The audit log keeps their name as text.
pub(super) fn delete(
    connection: &mut Connection,
    person: i64,
    now: i64,
) -> Result<DeletePersonOutcome, StoreError> {
    let transaction = write(connection)?;
    for (project, roles) in memberships::projects(&transaction, person)? {
        if roles.project == Role::Admin && members::is_last_admin(&transaction, project, person)? {
            return Ok(DeletePersonOutcome::LastAdmin(project));
        }
    }
    if owners::is_last(&transaction, person)? {
        return Ok(DeletePersonOutcome::LastOwner);
    }
    let ended = tokens::revoke_all(&transaction, person, None, now)?;
    for statement in [
        "DELETE FROM member WHERE person_id = ?1",
        "DELETE FROM membership_offer WHERE person_id = ?1",
        "DELETE FROM known_browser WHERE person_id = ?1",
        "DELETE FROM session WHERE person_id = ?1",
        "DELETE FROM reset WHERE person_id = ?1",
        "DELETE FROM password WHERE person_id = ?1",
        "UPDATE invitation SET used_by = NULL WHERE used_by = ?1",
        "DELETE FROM person WHERE id = ?1",
    ] {
        transaction.execute(statement, [person]).map_err(failed("deleting a person"))?;
    }
    transaction.commit().map_err(failed("deleting a person"))?;
    Ok(DeletePersonOutcome::Done(ended))
}
