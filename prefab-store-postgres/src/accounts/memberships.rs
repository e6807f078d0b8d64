//! Rows of people, and the projects of a person.

use std::collections::BTreeMap;

use prefab_core::ids::ProjectId;
use prefab_store::{Roles, StoreError, accounts::Person};
use tokio_postgres::Row;

use crate::{session::Session, sql::values};

/// Reads a person whose columns are the first three.
pub(super) fn person(row: &Row) -> Person {
    Person { id: row.get(0), email: row.get(1), name: row.get(2) }
}

/// Returns the roles of a person, by project.
pub(super) async fn projects(
    session: &mut Session,
    person: i64,
) -> Result<BTreeMap<ProjectId, Roles>, StoreError> {
    let sql = "SELECT project_id, roles FROM @.member WHERE person_id = $1";
    let rows = session.query(sql, values![person]).await?;
    Ok(rows.iter().map(|row| (ProjectId(row.get(0)), Roles::from_text(row.get(1)))).collect())
}

/// Deletes the password reset link of a person.
pub(super) async fn delete_reset(session: &mut Session, person: i64) -> Result<(), StoreError> {
    session.execute("DELETE FROM @.reset WHERE person_id = $1", values![person]).await.map(drop)
}
