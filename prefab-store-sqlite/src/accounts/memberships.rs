//! The projects of a person.

use std::collections::BTreeMap;

use prefab_core::ids::ProjectId;
use prefab_store::{Roles, StoreError};
use rusqlite::Connection;

use crate::failed;

/// Returns the roles of a person, by project.
pub(super) fn projects(
    connection: &Connection,
    person: i64,
) -> Result<BTreeMap<ProjectId, Roles>, StoreError> {
    let reading = || failed("reading the projects of a person");
    let mut statement = connection
        .prepare_cached("SELECT project_id, roles FROM member WHERE person_id = ?1")
        .map_err(reading())?;
    let projects = statement.query_map([person], |row| {
        let roles: String = row.get(1)?;
        Ok((ProjectId(row.get(0)?), Roles::from_text(&roles)))
    });
    projects.and_then(Iterator::collect).map_err(reading())
}
