//! Drafts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Item;

/// A draft.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftResponse {
    /// The config key.
    pub key: String,
    /// The new content. Absent if the draft archives the item.
    pub item: Option<Item>,
    /// The version that the draft replaces. Absent if the draft creates the item.
    pub base: Option<String>,
    /// The reason for the change.
    pub comment: String,
    /// The actor who saved the draft.
    pub saved_by: String,
    /// The time at which the draft was saved, in milliseconds since 1970.
    pub saved_at: i64,
    /// The actor who approved the draft.
    pub approved_by: Option<String>,
    /// Whether the item has changed since the draft was saved. Such a draft must be saved again.
    pub is_stale: bool,
    /// Whether an affected environment requires the approval of a second person.
    pub needs_approval: bool,
    /// The differences from the current version, one sentence each.
    pub differences: Vec<String>,
}

/// Saves a draft.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveDraftRequest {
    /// The new content. Without it, the draft archives the item.
    pub item: Option<Item>,
    /// The reason for the change, for the audit log.
    #[serde(default)]
    pub comment: String,
}

/// Publishes a draft.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishDraftRequest {
    /// The reason for the change. By default, the comment of the draft.
    pub comment: Option<String>,
}
