//! Checks of new names inside the transaction that writes them, so that two servers cannot both pass.

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    StoreError,
    names::{Case, check_new},
};
use rusqlite::{Connection, Params, params};

use crate::failed;

/// Checks the name of a project. `own` is the project to rename.
pub(crate) fn project(connection: &Connection, name: &str, own: Option<ProjectId>) -> Result<(), StoreError> {
    let own = own.map(|id| id.0);
    check(connection, name, "SELECT name FROM project WHERE id IS NOT ?1", params![own])
}

/// Checks the name of an environment. `own` is the environment to rename.
pub(crate) fn environment(
    connection: &Connection,
    project: ProjectId,
    name: &str,
    own: Option<EnvironmentId>,
) -> Result<(), StoreError> {
    let query = "SELECT name FROM environment WHERE project_id = ?1 AND id IS NOT ?2";
    check(connection, name, query, params![project.0, own.map(|id| id.0)])
}

/// Checks the name of a token beside the tokens that are in effect.
pub(crate) fn token(
    connection: &Connection,
    project: ProjectId,
    name: &str,
    now: i64,
) -> Result<(), StoreError> {
    let query = "SELECT name FROM token WHERE project_id = ?1 AND revoked_at_millis IS NULL
                   AND (expires_at_millis IS NULL OR expires_at_millis > ?2)";
    check(connection, name, query, params![project.0, now])
}

fn check(connection: &Connection, name: &str, query: &str, params: impl Params) -> Result<(), StoreError> {
    let reading = || failed("reading names");
    let mut statement = connection.prepare_cached(query).map_err(reading())?;
    let names = statement.query_map(params, |row| row.get(0)).and_then(Iterator::collect);
    let names: Vec<String> = names.map_err(reading())?;
    let checked = check_new(name, names.iter().map(String::as_str), Case::Insensitive);
    checked.map_err(|problem| StoreError::of_name(name, problem))
}
