//! Projects and their environments.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{
    StoreFuture,
    api_keys::StoredKey,
    key::IssuedKey,
    names::{self, Case, NoMatch},
};

/// Stores projects and their environments.
pub trait Projects: Send + Sync + 'static {
    /// Lists all projects, environments and API keys.
    fn registry(&self) -> StoreFuture<'_, Registry>;

    /// Creates a project with environments. Its log starts empty, at an id above 0.
    fn create_project(&self, name: String, environments: Vec<String>) -> StoreFuture<'_, Project>;

    /// Creates a project with environments, and an API key of every kind for each environment. Returns `None` if a project
    /// exists already.
    fn create_first_project(
        &self,
        name: String,
        environments: Vec<String>,
    ) -> StoreFuture<'_, Option<(Project, Vec<IssuedKey>)>>;

    /// Renames a project.
    fn rename_project(&self, project: ProjectId, name: String) -> StoreFuture<'_, ()>;

    /// Creates an environment.
    fn create_environment(&self, project: ProjectId, name: String) -> StoreFuture<'_, Environment>;

    /// Changes the name and the protection of an environment. Returns whether the environment exists.
    fn update_environment(&self, project: ProjectId, environment: Environment) -> StoreFuture<'_, bool>;
}

/// All projects, environments and API keys.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The projects.
    pub projects: Vec<Project>,
    /// The API keys, revoked ones included.
    pub keys: Vec<StoredKey>,
}

/// A project and its environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The id.
    pub id: ProjectId,
    /// The name.
    pub name: String,
    /// The id after which its log starts.
    pub first_id: i64,
    /// The environments.
    pub environments: Vec<Environment>,
}

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The id.
    pub id: EnvironmentId,
    /// The name.
    pub name: String,
    /// What changes to it require.
    pub protection: Protection,
}

impl Environment {
    /// Finds an environment by its number or name.
    ///
    /// # Errors
    ///
    /// [`NoMatch`] with the candidates.
    pub fn find<'e>(environments: &'e [Self], text: &str) -> Result<&'e Self, NoMatch> {
        names::find(environments, text, Case::Insensitive, |environment| {
            (Some(environment.id.to_string()), environment.name.as_str())
        })
    }

    /// Returns an environment that is not protected.
    pub fn new(id: EnvironmentId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), protection: Protection::default() }
    }
}

/// What changes to an environment require.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// A comment with every change.
    pub needs_comment: bool,
    /// The approval of a second person.
    pub needs_approval: bool,
}
