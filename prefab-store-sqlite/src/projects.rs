//! Implements [`Projects`] for [`SqliteStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    Environment, Project, Projects, Registry, StoreChange, StoreError, StoreFuture, key::IssuedKey,
};
use rusqlite::{Connection, params};

use crate::{SqliteStore, failed, registry, unique_names, write};

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
        self.change(StoreChange::Registry, move |connection| rename_project(connection, project, &name))
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

fn rename_project(connection: &mut Connection, project: ProjectId, name: &str) -> Result<(), StoreError> {
    let renaming = || failed("renaming a project");
    let transaction = write(connection)?;
    unique_names::project(&transaction, name, Some(project))?;
    transaction
        .execute("UPDATE project SET name = ?2 WHERE id = ?1", params![project.0, name])
        .map_err(renaming())?;
    transaction.commit().map_err(renaming())
}

fn create_environment(
    connection: &mut Connection,
    project: ProjectId,
    name: &str,
) -> Result<Environment, StoreError> {
    let creating = || failed("creating an environment");
    let transaction = write(connection)?;
    unique_names::environment(&transaction, project, name, None)?;
    transaction
        .execute("INSERT INTO environment (project_id, name) VALUES (?1, ?2)", params![project.0, name])
        .map_err(creating())?;
    let id = EnvironmentId(transaction.last_insert_rowid());
    transaction.commit().map_err(creating())?;
    Ok(Environment::new(id, name))
}

fn update_environment(
    connection: &mut Connection,
    project: ProjectId,
    environment: &Environment,
) -> Result<bool, StoreError> {
    let changing = || failed("changing an environment");
    let Environment { id, name, protection } = environment;
    let transaction = write(connection)?;
    let query = "SELECT 1 FROM environment WHERE project_id = ?1 AND id = ?2 AND name = ?3";
    let mut statement = transaction.prepare_cached(query).map_err(changing())?;
    // A name from before the rule stays until someone changes it.
    let keeps_name = statement.exists(params![project.0, id.0, name]).map_err(changing())?;
    drop(statement);
    if !keeps_name {
        unique_names::environment(&transaction, project, name, Some(*id))?;
    }
    let changed = transaction
        .execute(
            "UPDATE environment SET name = ?3, needs_comment = ?4, needs_approval = ?5
             WHERE project_id = ?1 AND id = ?2",
            params![project.0, id.0, name, protection.needs_comment, protection.needs_approval],
        )
        .map_err(changing())?;
    transaction.commit().map_err(changing())?;
    Ok(changed > 0)
}
