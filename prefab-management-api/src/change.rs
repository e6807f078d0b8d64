//! Changes of an item: values, versions, differences and reverts.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{FlatValue, Item};

/// The result of a change.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ChangeResponse {
    /// The number of the new version, as a string.
    #[schema(example = "17017173800583163")]
    pub id: String,
    /// The config key.
    pub key: String,
}

/// The comment on a change, and the version that it replaces.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeComment {
    /// The reason for the change, for the audit log. Some environments require one.
    pub comment: Option<String>,
    /// The version that the change replaces. By default, the current version.
    pub version: Option<String>,
}

/// Sets the value of an item for clients that no other rule matches, for all environments or for one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetValueRequest {
    /// The new value.
    pub value: FlatValue,
    /// The number or name of an environment. By default, the value applies to all environments without a value of
    /// their own.
    pub environment: Option<String>,
    /// Only for clients whose namespace is this one or below it. The value is in a rule with the criterion `NAMESPACE`
    /// `HIERARCHICAL_MATCH`; rules for deeper namespaces come first.
    #[schema(example = "services.user_service")]
    pub namespace: Option<String>,
    /// The version that the change replaces. By default, the current version.
    pub version: Option<String>,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}

/// Validates a value without storing it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValidateValueRequest {
    /// The value.
    pub value: FlatValue,
    /// The config key of the schema that the value must match.
    pub schema_key: Option<String>,
}

/// A version of an item.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemVersion {
    /// The number of the version, as a string.
    pub id: String,
    /// The version before this one.
    pub previous_id: Option<String>,
    /// The config key.
    pub key: String,
    /// The time of the change, in milliseconds since 1970.
    pub changed_at: i64,
    /// The actor: `ann@acme.test`, `key 7 (ci)`.
    pub changed_by: String,
    /// Whether this version archived the item.
    pub is_archived: bool,
    /// A description of the change, for people.
    pub sentence: Option<String>,
    /// The reason for the change.
    pub comment: Option<String>,
    /// The content of the version. Only the endpoint for a single version returns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Item>,
}

/// Selects the two versions to compare.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// The older version. By default, the version before `to`.
    pub from: Option<i64>,
    /// The newer version. By default, the newest version.
    pub to: Option<i64>,
    /// Whether to return confidential values in clear. This requires the role publisher, and is recorded in the audit log.
    pub reveal: Option<bool>,
}

/// Selects how confidential values are returned.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevealQuery {
    /// Whether to return confidential values in clear. This requires the role publisher, and is recorded in the audit log.
    pub reveal: Option<bool>,
}

/// The differences between two versions.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct DiffResponse {
    /// The older version. Absent if the newer version is the first.
    pub from: Option<String>,
    /// The newer version.
    pub to: String,
    /// The differences, one sentence each.
    pub differences: Vec<String>,
    /// The content of the older version.
    pub before: Option<Item>,
    /// The content of the newer version.
    pub after: Option<Item>,
}

/// Restores the content of an earlier version.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevertRequest {
    /// The version to restore.
    pub to: String,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}
