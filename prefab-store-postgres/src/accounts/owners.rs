//! The owners of the installation, and its settings.

use prefab_store::{
    StoreError,
    accounts::{Inviters, OwnerChange, Person},
};

use super::memberships::{delete_reset, person};
use crate::{audit::lock_installation, database::Database, session::Session, sql::values};

pub(super) async fn list(session: &mut Session) -> Result<Vec<Person>, StoreError> {
    let sql = "SELECT id, email, name FROM @.person WHERE is_owner ORDER BY email";
    Ok(session.query(sql, values![]).await?.iter().map(person).collect())
}

/// Returns whether this person is the only owner, among several people. The caller has locked the installation.
pub(super) async fn is_last(session: &mut Session, person: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM @.person WHERE id <> $1)
                  AND EXISTS (SELECT 1 FROM @.person WHERE id = $1 AND is_owner)
                  AND NOT EXISTS (SELECT 1 FROM @.person WHERE id <> $1 AND is_owner)";
    Ok(session.query_one(sql, values![person]).await?.get(0))
}

pub(super) async fn set(database: &Database, person: i64, is_owner: bool) -> Result<OwnerChange, StoreError> {
    let mut session = database.begin("changing the owners").await?;
    lock_installation(&mut session).await?;
    if !is_owner && is_last(&mut session, person).await? {
        return Ok(OwnerChange::LastOwner);
    }
    let sql = "UPDATE @.person SET is_owner = $2 WHERE id = $1";
    let changed = session.execute(sql, values![person, is_owner]).await?;
    if is_owner {
        // With more rights, the account is out of reach of the admin who may have created the link.
        delete_reset(&mut session, person).await?;
    }
    session.commit().await?;
    Ok(if changed > 0 { OwnerChange::Done } else { OwnerChange::Unknown })
}

pub(super) async fn inviters(database: &Database) -> Result<Inviters, StoreError> {
    let sql = "SELECT value FROM @.installation WHERE name = 'inviters'";
    let rows = database.query("reading a setting", sql, values![]).await?;
    // A value of a newer version is read as the stricter one.
    Ok(match rows.first().map(|row| row.get::<_, &str>(0)) {
        None | Some("admins") => Inviters::Admins,
        Some(_) => Inviters::Owners,
    })
}

pub(super) async fn set_inviters(database: &Database, inviters: Inviters) -> Result<(), StoreError> {
    let value = match inviters {
        Inviters::Admins => "admins",
        Inviters::Owners => "owners",
    };
    let sql = "INSERT INTO @.installation (name, value) VALUES ('inviters', $1)
               ON CONFLICT (name) DO UPDATE SET value = $1";
    database.execute("changing a setting", sql, values![value]).await.map(drop)
}
