//! Sessions, and browsers in which a person has logged in. A session ends after a day without use, and after two weeks in
//! any case. Log-in attempts of others do not lock out a known browser.

use prefab_store::{
    StoreError, UnavailableReason,
    accounts::{
        KNOWN_BROWSER_MILLIS, MAX_KNOWN_BROWSERS, SESSION_IDLE_MILLIS, SESSION_MILLIS, Session as SignedIn,
    },
    key::KeyHash,
};

use super::memberships::{self, person};
use crate::{database::Database, session::Session, sql::values};

/// The resolution of the time of the last use, since a write per request would be too expensive.
pub(super) const USE_MILLIS: i64 = 60_000;

/// Returns whether a use should be written, given the last one that was written.
pub(super) fn is_due(last_used_millis: i64, now: i64) -> bool {
    now - last_used_millis >= USE_MILLIS
}

/// Ignores that the time of a use cannot be written, so that a full disk does not refuse reads.
pub(super) fn unless_full(written: Result<u64, StoreError>) -> Result<(), StoreError> {
    match written {
        Err(StoreError::Unavailable {
            reason: UnavailableReason::DiskFull | UnavailableReason::ReadOnly,
            ..
        }) => Ok(()),
        other => other.map(drop),
    }
}

pub(super) async fn start(database: &Database, person: i64, hash: &KeyHash) -> Result<(), StoreError> {
    let mut session = database.begin("creating a session").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "DELETE FROM @.session WHERE hash = ANY (ARRAY (
                 SELECT hash FROM @.session WHERE created_at_millis < $1 OR last_used_at_millis < $2
                 FOR UPDATE SKIP LOCKED))";
    session.execute(sql, values![now - SESSION_MILLIS, now - SESSION_IDLE_MILLIS]).await?;
    let sql = "INSERT INTO @.session (hash, person_id, created_at_millis, last_used_at_millis)
               VALUES ($1, $2, $3, $3)";
    session.execute(sql, values![hash, person, now]).await?;
    session.commit().await
}

/// Returns a session that has not ended. `is_use` records that it is being used.
pub(super) async fn find(
    database: &Database,
    hash: &KeyHash,
    is_use: bool,
) -> Result<Option<SignedIn>, StoreError> {
    let mut session = database.session("reading a session").await?;
    let now = database.now_millis(&mut session).await?;
    let sql =
        "SELECT id, email, name, last_used_at_millis, is_owner FROM @.session JOIN @.person ON id = person_id
               WHERE hash = $1 AND session.created_at_millis >= $2 AND last_used_at_millis >= $3";
    let values = values![hash, now - SESSION_MILLIS, now - SESSION_IDLE_MILLIS];
    let Some(row) = session.query_optional(sql, values).await? else { return Ok(None) };
    let person = person(&row);
    let projects = memberships::projects(&mut session, person.id).await?;
    if is_use && is_due(row.get(3), now) {
        // Of several requests that see the old time, one writes.
        let sql =
            "UPDATE @.session SET last_used_at_millis = $2 WHERE hash = $1 AND last_used_at_millis <= $3";
        unless_full(session.execute(sql, values![hash, now, now - USE_MILLIS]).await)?;
    }
    Ok(Some(SignedIn { person, projects, is_owner: row.get(4) }))
}

/// Ends all sessions of a person except one, and forgets their browsers.
pub(super) async fn end_all(
    session: &mut Session,
    person: i64,
    but: Option<&KeyHash>,
) -> Result<(), StoreError> {
    let but: &[u8] = but.map_or(&[], |hash| &hash.0);
    let sql = "DELETE FROM @.session WHERE person_id = $1 AND hash <> $2";
    session.execute(sql, values![person, but]).await?;
    session.execute("DELETE FROM @.known_browser WHERE person_id = $1", values![person]).await.map(drop)
}

pub(super) async fn remember_browser(
    database: &Database,
    person: i64,
    browser: &KeyHash,
) -> Result<(), StoreError> {
    let mut session = database.session("storing a known browser").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "DELETE FROM @.known_browser WHERE (hash, person_id) IN (
                 SELECT hash, person_id FROM @.known_browser WHERE seen_at_millis < $1 FOR UPDATE SKIP LOCKED)";
    session.execute(sql, values![now - KNOWN_BROWSER_MILLIS]).await?;
    let sql = "INSERT INTO @.known_browser (hash, person_id, seen_at_millis) VALUES ($1, $2, $3)
               ON CONFLICT (hash, person_id) DO UPDATE SET seen_at_millis = $3";
    session.execute(sql, values![browser, person, now]).await?;
    let sql = "DELETE FROM @.known_browser WHERE person_id = $1 AND hash = ANY (ARRAY (
                 SELECT hash FROM @.known_browser WHERE person_id = $1
                 ORDER BY seen_at_millis DESC, hash = $2 DESC OFFSET $3))";
    session.execute(sql, values![person, browser, MAX_KNOWN_BROWSERS]).await.map(drop)
}

pub(super) async fn is_known_browser(
    database: &Database,
    person: i64,
    browser: &KeyHash,
) -> Result<bool, StoreError> {
    let mut session = database.session("reading a known browser").await?;
    let now = database.now_millis(&mut session).await?;
    let sql = "SELECT EXISTS (
                 SELECT 1 FROM @.known_browser WHERE hash = $1 AND person_id = $2 AND seen_at_millis >= $3)";
    Ok(session.query_one(sql, values![browser, person, now - KNOWN_BROWSER_MILLIS]).await?.get(0))
}
