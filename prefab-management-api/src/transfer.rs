//! Export and import.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Selects what to export.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Only what the server sends to clients of this environment, as a datafile for SDKs.
    pub environment: Option<String>,
    /// Whether a datafile contains the schemas, which no SDK reads. True by default, so that an import finds them.
    pub schemas: Option<bool>,
    /// Whether to return confidential values in clear. This requires the role publisher, and is recorded in the audit log.
    pub reveal: Option<bool>,
    /// Only the item with this config key. Requires `environment`.
    pub key: Option<String>,
}

/// Controls an import.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Whether to report the changes without applying them. True by default.
    pub dry_run: Option<bool>,
    /// `json` for datafiles, downloads, exports and pages of a change history; `yaml` for files of defaults.
    #[param(inline)]
    pub format: Option<ImportFormat>,
    /// The number or name of the environment for the environment rules of a datafile. By default, the environment for
    /// which the datafile was made, if the project has it.
    pub environment: Option<String>,
    /// Whether to skip invalid entries: invalid patterns, rules for unknown environments, and items that refer to
    /// skipped ones. By default, one invalid entry stops the import.
    pub skip_broken: Option<bool>,
    /// The environment of the project for each environment in the file, as a JSON object such as `{"143": "Production"}`,
    /// by number or name. By default, environments are matched by name, and by number if the file has no names
    /// and the project has all of its numbers.
    pub map: Option<String>,
    /// Whether to create environments that the file or `map` names and the project does not have. An environment without
    /// a name becomes `Environment 143`. Requires an admin of the project.
    pub create_environments: Option<bool>,
    /// The reason for the change, for the audit log. Some environments require one.
    pub comment: Option<String>,
}

/// The format of an import.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportFormat {
    /// A datafile, a download, an export or a page of a change history.
    #[default]
    Json,
    /// A file of defaults.
    Yaml,
}

/// The changes of an import.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportPlan {
    /// Whether the changes were applied.
    pub is_done: bool,
    /// The number of created items.
    pub created: usize,
    /// The number of changed items.
    pub changed: usize,
    /// The number of unchanged items.
    pub same: usize,
    /// The invalid entries and their problems. Without `skipBroken`, the import stops if there are any.
    pub problems: Vec<String>,
    /// What the environments in the file become.
    #[serde(default)]
    pub environments: Vec<ImportedEnvironment>,
    /// The created and changed items.
    pub steps: Vec<PlannedStep>,
    /// The plan as a text, for people.
    pub text: String,
}

/// What an environment in an imported file becomes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedEnvironment {
    /// The number of the environment in the file, or its name if it has no number.
    #[schema(example = "143")]
    pub from: String,
    /// The name of the environment in the file, if it has one.
    pub name: Option<String>,
    /// The name of the environment of the project. `null` if the project has none for it.
    #[schema(example = "Production")]
    pub to: Option<String>,
    /// Whether the import creates the environment.
    pub is_new: bool,
}

/// An item that an import creates or changes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PlannedStep {
    /// The config key.
    pub key: String,
    /// `create` or `change`.
    pub action: String,
    /// The differences, one sentence each.
    pub differences: Vec<String>,
}
