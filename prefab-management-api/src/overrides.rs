//! Personal overrides.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{FlatValue, Lifetime};

/// A value that applies to one user.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverrideResponse {
    /// The config key.
    pub key: String,
    /// The number of the environment, as a string.
    pub environment: String,
    /// The user, as their API key names them.
    pub user: String,
    /// The value.
    pub value: FlatValue,
    /// The time at which the override is removed, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// Sets a personal override.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetOverrideRequest {
    /// The number or name of the environment.
    pub environment: String,
    /// The user, as their API key names them.
    pub user: String,
    /// The value.
    pub value: FlatValue,
    /// The time at which the override is removed, in milliseconds since 1970. Without `expiresAt` and `expiresIn`, the
    /// override is permanent.
    #[serde(alias = "expires_at")]
    pub expires_at: Option<i64>,
    /// The time until the override is removed: seconds, or a string such as `30m`.
    #[serde(alias = "expires_in")]
    pub expires_in: Option<Lifetime>,
}

/// Selects the personal override to remove.
#[derive(Clone, Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OverrideQuery {
    /// The number or name of the environment.
    pub environment: String,
    /// The user, as their API key names them.
    pub user: String,
}
