//! Projects.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::EnvironmentResponse;

/// A project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ProjectResponse {
    /// The number of the project, as a string.
    pub id: String,
    /// The name of the project.
    pub name: String,
    /// The environments of the project.
    pub environments: Vec<EnvironmentResponse>,
}

/// Creates a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProjectRequest {
    /// The name of the project.
    pub name: String,
    /// The names of its environments. By default, `Development`, `Staging` and `Production`.
    #[serde(default = "default_environments")]
    pub environments: Vec<String>,
}

/// The environments of a new project, by default.
pub const DEFAULT_ENVIRONMENTS: [&str; 3] = ["Development", "Staging", "Production"];

fn default_environments() -> Vec<String> {
    DEFAULT_ENVIRONMENTS.map(ToOwned::to_owned).to_vec()
}

/// Renames a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameProjectRequest {
    /// The new name.
    pub name: String,
}
