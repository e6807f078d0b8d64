//! Lists of items, and requests that create or replace one.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Item, ItemType};

/// Selects items.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListItemsQuery {
    /// Only items of this type.
    #[serde(rename = "type")]
    pub item_type: Option<ItemType>,
    /// Only items whose config key contains this text.
    pub search: Option<String>,
    /// Only items with this tag.
    pub tag: Option<String>,
    /// Only config keys after this one: `next` of the previous page.
    pub after: Option<String>,
    /// The maximum number of items. At most 10,000.
    pub limit: Option<usize>,
    /// Whether to include usage. Without usage, an unchanged list is not sent again.
    pub usage: Option<bool>,
    /// The numbers of the environments whose values are included, separated by commas. Default: all environments.
    #[param(example = "1,3")]
    pub environments: Option<String>,
}

/// A summary of an item.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemSummary {
    /// The current version, as a string.
    pub id: String,
    /// The config key.
    pub key: String,
    /// The type of the item.
    #[serde(rename = "type")]
    pub item_type: ItemType,
    /// The type of the item and of its values, for people: `string config`.
    pub kind: String,
    /// The time of the last change, in milliseconds since 1970.
    pub changed_at: i64,
    /// The actor of the last change.
    pub changed_by: String,
    /// The reason for the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The time of the last evaluation by a client, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_evaluated_at: Option<i64>,
    /// The number of evaluations by clients in the current hour and the 23 hours before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluations_24h: Option<i64>,
    /// The number of evaluations per hour, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparkline: Option<Vec<i64>>,
    /// Whether a value is encrypted or confidential.
    pub is_secret: bool,
    /// The value in each of the requested environments.
    pub states: Vec<ItemState>,
}

/// The value of an item in one environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemState {
    /// The number of the environment, as a string.
    pub environment: String,
    /// The value that applies if no rule with criteria matches, for people.
    #[schema(example = "10 % true, 90 % false by user.key")]
    pub value: String,
    /// The number of rules with criteria.
    pub targeted: usize,
    /// Whether the environment has rules of its own.
    pub is_own: bool,
}

/// A page of items, sorted by config key.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ItemPage {
    /// The items.
    pub items: Vec<ItemSummary>,
    /// The start of the next page, for `after`. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Creates or replaces an item.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRequest {
    /// The new content.
    pub item: Item,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}

/// The usage of an item.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemUsage {
    /// The config key.
    pub key: String,
    /// The time of the last evaluation by a client, in milliseconds since 1970.
    pub last_evaluated_at: Option<i64>,
    /// The number of evaluations by clients in the current hour and the 23 hours before.
    pub evaluations_24h: i64,
    /// The number of evaluations per hour, oldest first.
    pub sparkline: Vec<i64>,
}
