//! Offers of membership, which the person accepts.

use rusqlite::{Connection, Row, params, params_from_iter};

use crate::{
    accounts::{members, person_row::person, reset_row},
    failed, write,
};
use prefab_core::ids::ProjectId;
use prefab_store::{
    Roles, StoreError,
    accounts::{MembershipOffer, OfferOutcome},
};

const COLUMNS: &str =
    "person.id, person.email, person.name, project_id, roles, offered_by, offered_at_millis";

/// Keeps an offer. Reads and writes in one transaction: the person may have joined, or deleted the account, a moment ago.
pub(super) fn keep(connection: &mut Connection, offer: &MembershipOffer) -> Result<OfferOutcome, StoreError> {
    let offering = || failed("offering membership");
    let MembershipOffer { project, person, roles, offered_by, offered_at_millis } = offer;
    let transaction = write(connection)?;
    let exists = |sql, values: &[i64]| {
        transaction.query_row(sql, params_from_iter(values), |row| row.get::<_, bool>(0)).map_err(offering())
    };
    if !exists("SELECT EXISTS (SELECT 1 FROM person WHERE id = ?1)", &[person.id])? {
        return Ok(OfferOutcome::UnknownPerson);
    }
    let is_member = "SELECT EXISTS (SELECT 1 FROM member WHERE project_id = ?1 AND person_id = ?2)";
    if exists(is_member, &[project.0, person.id])? {
        return Ok(OfferOutcome::AlreadyMember);
    }
    transaction
        .execute(
            "INSERT OR REPLACE INTO membership_offer (project_id, person_id, roles, offered_by, offered_at_millis)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![project.0, person.id, roles.to_text(), offered_by, offered_at_millis],
        )
        .map_err(offering())?;
    transaction.commit().map_err(offering())?;
    Ok(OfferOutcome::Done)
}

fn offer(row: &Row<'_>) -> rusqlite::Result<MembershipOffer> {
    Ok(MembershipOffer {
        person: person(row)?,
        project: ProjectId(row.get(3)?),
        roles: Roles::from_text(&row.get::<_, String>(4)?),
        offered_by: row.get(5)?,
        offered_at_millis: row.get(6)?,
    })
}

pub(super) fn list(connection: &Connection, project: ProjectId) -> Result<Vec<MembershipOffer>, StoreError> {
    select(connection, "project_id = ?1 ORDER BY email", project.0)
}

pub(super) fn to(connection: &Connection, person: i64) -> Result<Vec<MembershipOffer>, StoreError> {
    select(connection, "person_id = ?1 ORDER BY project_id", person)
}

fn select(connection: &Connection, which: &str, id: i64) -> Result<Vec<MembershipOffer>, StoreError> {
    let reading = || failed("reading offers of membership");
    let query =
        format!("SELECT {COLUMNS} FROM membership_offer JOIN person ON person.id = person_id WHERE {which}");
    let mut statement = connection.prepare_cached(&query).map_err(reading())?;
    statement.query_map([id], offer).and_then(Iterator::collect).map_err(reading())
}

/// Makes the person a member with the roles of the offer.
pub(super) fn accept(
    connection: &mut Connection,
    project: ProjectId,
    person: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let transaction = write(connection)?;
    let offers = list(&transaction, project)?;
    let Some(offer) = offers.into_iter().find(|offer| offer.person.id == person) else { return Ok(false) };
    members::insert(&transaction, project, person, &offer.roles, now)?;
    // An admin of fewer projects may have created the link.
    reset_row::delete(&transaction, person)?;
    transaction.commit().map_err(failed("accepting membership"))?;
    Ok(true)
}
