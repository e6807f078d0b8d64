//! Counts of evaluations, and items without any.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};

use crate::ItemType;

/// Selects evaluation counts.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsQuery {
    /// The config key. Without it, all keys are counted together and the response contains no values.
    pub key: Option<String>,
    /// Only this environment, given by number or name.
    pub environment: Option<String>,
    /// The start, in milliseconds since 1970, rounded down to the hour. By default, 24 hours before `to`.
    pub from: Option<i64>,
    /// The end, in milliseconds since 1970. By default, now.
    pub to: Option<i64>,
    /// The length of a bucket.
    #[param(inline)]
    pub by: Option<BucketLength>,
}

/// The length of a bucket.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BucketLength {
    /// An hour.
    #[default]
    Hour,
    /// A day. Days start at midnight UTC.
    Day,
}

/// Evaluations of one config key, or of all.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EvaluationsResponse {
    /// The config key. Absent if all keys are counted together.
    pub key: Option<String>,
    /// The start of the first bucket, in milliseconds since 1970.
    pub start: i64,
    /// The end of the last bucket, in milliseconds since 1970.
    pub end: i64,
    /// The number of evaluations.
    pub total: i64,
    /// The environments with evaluations.
    pub environments: Vec<EnvironmentCounts>,
}

/// Evaluations in one environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EnvironmentCounts {
    /// The number of the environment, as a string.
    pub id: String,
    /// The name of the environment.
    pub name: String,
    /// The number of evaluations.
    pub total: i64,
    /// The number of evaluations per value.
    pub counts: Vec<ValueCount>,
    /// The buckets with evaluations, oldest first.
    pub buckets: Vec<EvaluationBucket>,
}

/// Evaluations in one bucket.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EvaluationBucket {
    /// The start of the bucket, in milliseconds since 1970.
    pub at: i64,
    /// The number of evaluations.
    pub total: i64,
    /// The number of evaluations per value.
    pub counts: Vec<ValueCount>,
}

/// The number of evaluations that returned one value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ValueCount {
    /// The value in the form of a datafile. Confidential values are redacted; unknown values are null.
    #[schema(value_type = Option<Object>)]
    pub value: Json,
    /// The version that returned the value, as a string. Null if it is unknown or several versions are counted together.
    pub version: Option<String>,
    /// The number of evaluations.
    pub count: i64,
}

/// Selects unused items.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnusedQuery {
    /// The number of days without evaluations. 30 by default.
    pub days: Option<u32>,
}

/// Items that are not used.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct UnusedResponse {
    /// The number of days without evaluations.
    pub days: u32,
    /// The unused items.
    pub items: Vec<UnusedItem>,
}

/// An item that is not used.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnusedItem {
    /// The config key.
    pub key: String,
    /// The type of the item.
    #[serde(rename = "type")]
    pub item_type: ItemType,
    /// The time of the last change, in milliseconds since 1970.
    pub changed_at: i64,
    /// The time of the last evaluation, in milliseconds since 1970.
    pub last_evaluated_at: Option<i64>,
    /// The reason why the item counts as unused, for people.
    #[schema(example = "never evaluated")]
    pub reason: String,
}
