//! Checks of new names inside the transaction that writes them. The caller has locked the installation, so that two servers
//! cannot both pass.

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    StoreError,
    names::{Case, check_new},
};

use crate::{
    session::Session,
    sql::{Value, values},
};

/// Checks the name of a project. `own` is the project to rename.
pub(crate) async fn project(
    session: &mut Session,
    name: &str,
    own: Option<ProjectId>,
) -> Result<(), StoreError> {
    check(session, name, "SELECT name FROM @.project WHERE id IS DISTINCT FROM $1", values![own]).await
}

/// Checks the name of an environment. `own` is the environment to rename.
pub(crate) async fn environment(
    session: &mut Session,
    project: ProjectId,
    name: &str,
    own: Option<EnvironmentId>,
) -> Result<(), StoreError> {
    let sql = "SELECT name FROM @.environment WHERE project_id = $1 AND id IS DISTINCT FROM $2";
    check(session, name, sql, values![project, own]).await
}

/// Checks the name of a token beside the tokens that are in effect.
pub(crate) async fn token(
    session: &mut Session,
    project: ProjectId,
    name: &str,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "SELECT name FROM @.token WHERE project_id = $1 AND revoked_at_millis IS NULL
                 AND (expires_at_millis IS NULL OR expires_at_millis > $2)";
    check(session, name, sql, values![project, now]).await
}

async fn check(session: &mut Session, name: &str, sql: &str, values: &[Value]) -> Result<(), StoreError> {
    let rows = session.query(sql, values).await?;
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let checked = check_new(name, names.iter().map(String::as_str), Case::Insensitive);
    checked.map_err(|problem| StoreError::of_name(name, problem))
}
