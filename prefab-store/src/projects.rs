//! Projects and their environments.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{StoreFuture, api_keys::StoredKey, key::IssuedKey};

/// Stores projects and their environments.
pub trait Projects: Send + Sync + 'static {
    /// Lists projects, environments and keys.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// Creates a project with environments. Its log starts empty, at an id above 0.
    fn create_project(&self, name: String, environments: Vec<String>) -> StoreFuture<'_, Project>;

    /// Creates a project with environments and every kind of key for each, unless there is a project already.
    fn create_first_project(
        &self,
        name: String,
        environments: Vec<String>,
    ) -> StoreFuture<'_, Option<(Project, Vec<IssuedKey>)>>;

    /// Gives a project another name.
    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()>;

    /// Creates an environment.
    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment>;

    /// Gives an environment another name and other demands; tells whether there was one.
    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool>;
}

/// Projects, environments and keys.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The projects.
    pub projects: Vec<Project>,
    /// The keys, revoked ones too.
    pub keys: Vec<StoredKey>,
}

/// A project and its environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The id its log starts after.
    pub first_id: i64,
    /// Its environments.
    pub environments: Vec<Environment>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its number.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// What changes to it take.
    pub protection: Protection,
}

impl Environment {
    /// Returns an environment that is not protected.
    pub fn new(id: EnvironmentId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), protection: Protection::default() }
    }
}

/// What changes to an environment take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// A comment with every change.
    pub needs_comment: bool,
    /// The approval of a second person.
    pub needs_approval: bool,
}
