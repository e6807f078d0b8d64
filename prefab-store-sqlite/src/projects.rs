//! Implements [`Projects`] for [`SqliteStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    Environment, Project, Projects, Registry, StoreChange, StoreError, StoreFuture, key::IssuedKey,
};
use rusqlite::{Connection, ErrorCode, params};

use crate::{SqliteStore, failed, registry};

impl Projects for SqliteStore {
    fn registry(&self) -> StoreFuture<'_, Registry> {
        self.lookups.run(registry::read)
    }

    fn create_project(&self, name: String, environments: Vec<String>) -> StoreFuture<'_, Project> {
        let clock = self.clock.clone();
        self.change(StoreChange::Registry, move |connection| {
            registry::create_project(connection, &name, &environments, &clock)
        })
    }

    fn create_first_project(
        &self,
        name: String,
        environments: Vec<String>,
    ) -> StoreFuture<'_, Option<(Project, Vec<IssuedKey>)>> {
        let clock = self.clock.clone();
        self.change(StoreChange::Registry, move |connection| {
            registry::create_first_project(connection, &name, &environments, &clock)
        })
    }

    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()> {
        self.change(StoreChange::Registry, move |connection| {
            connection
                .execute("UPDATE project SET name = ?2 WHERE id = ?1", params![project.0, name])
                .map(drop)
                .map_err(failed("renaming a project"))
        })
    }

    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment> {
        self.change(StoreChange::Registry, move |connection| create_environment(connection, project, &name))
    }

    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool> {
        self.change(StoreChange::Registry, move |connection| {
            update_environment(connection, project, &environment)
        })
    }
}

fn create_environment(
    connection: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<Environment, StoreError> {
    connection
        .execute("INSERT INTO environment (project_id, name) VALUES (?1, ?2)", params![project.0, name])
        .map_err(|error| named(error, name, "creating an environment"))?;
    Ok(Environment::new(EnvironmentId(connection.last_insert_rowid()), name))
}

fn update_environment(
    connection: &Connection,
    project: ProjectId,
    environment: &Environment,
) -> Result<bool, StoreError> {
    let Environment { id, name, protection } = environment;
    connection
        .execute(
            "UPDATE environment SET name = ?3, needs_comment = ?4, needs_approval = ?5
             WHERE project_id = ?1 AND id = ?2",
            params![project.0, id.0, name, protection.needs_comment, protection.needs_approval],
        )
        .map(|changed| changed > 0)
        .map_err(|error| named(error, name, "changing an environment"))
}

/// Returns [`StoreError::NameTaken`] for a violated uniqueness constraint.
fn named(error: rusqlite::Error, name: &str, operation: &'static str) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::NameTaken(name.to_owned()),
        _ => failed(operation)(error),
    }
}
