//! Environments of a project, and what differs between them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentResponse {
    /// The number of the environment, as a string.
    pub id: String,
    /// The name of the environment.
    pub name: String,
    /// Whether every change requires a comment.
    pub needs_comment: bool,
    /// Whether every change requires the approval of a second person.
    pub needs_approval: bool,
}

/// Creates an environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateEnvironmentRequest {
    /// The name of the environment.
    #[schema(example = "Test")]
    pub name: String,
}

/// Renames or protects an environment. Absent fields keep their value.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateEnvironmentRequest {
    /// The new name.
    pub name: Option<String>,
    /// Whether every change requires a comment.
    pub needs_comment: Option<bool>,
    /// Whether every change requires the approval of a second person.
    pub needs_approval: Option<bool>,
}

/// Selects the two environments to compare.
#[derive(Clone, Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The number or name of an environment.
    pub left: String,
    /// The number or name of another environment.
    pub right: String,
}

/// An item whose rules differ between two environments.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RuleDifference {
    /// The config key.
    pub key: String,
    /// The rules of the left environment, as sentences. Absent if it has no rules of its own.
    pub left: Option<Vec<String>>,
    /// The rules of the right environment, as sentences. Absent if it has no rules of its own.
    pub right: Option<Vec<String>>,
}

/// Copies the rules of one environment to another.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyRulesRequest {
    /// The number or name of the environment to copy from.
    pub from: String,
    /// Only these config keys. By default, all.
    pub keys: Option<Vec<String>>,
    /// Whether to report the affected keys without changing anything.
    #[serde(default)]
    pub dry_run: bool,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}

/// The result of copying rules.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CopyRulesResponse {
    /// Whether the rules were copied. False after a dry run.
    pub is_done: bool,
    /// The config keys whose rules differ.
    pub keys: Vec<String>,
}
