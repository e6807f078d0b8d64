//! API keys.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rights of an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Fetches and streams configs, and reports telemetry.
    Backend,
    /// Receives values that the server evaluates. Public.
    Frontend,
    /// Changes configs and manages the project.
    Admin,
}

/// An API key without its text, which the server does not store.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyResponse {
    /// The number of the key. The text of the key starts with it.
    pub id: String,
    /// The name of the key.
    pub name: String,
    /// The rights of the key.
    pub kind: KeyKind,
    /// The number of the environment, as a string.
    pub environment: String,
    /// The user whose personal overrides apply to evaluations with this key.
    pub user: Option<String>,
    /// The actor who issued the key.
    pub created_by: String,
    /// The creation time, in milliseconds since 1970.
    pub created_at: i64,
    /// The time of the last use, in milliseconds since 1970. It is updated within a few seconds.
    pub last_used_at: Option<i64>,
    /// The time at which the key expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The time at which the key was revoked, in milliseconds since 1970.
    pub revoked_at: Option<i64>,
}

/// Issues an API key.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// The name of the key.
    #[schema(example = "checkout service")]
    pub name: String,
    /// The number or name of the environment.
    pub environment: String,
    /// The rights of the key. `backend` by default.
    #[serde(default = "backend")]
    pub kind: KeyKind,
    /// The user whose personal overrides apply to evaluations with this key.
    pub user: Option<String>,
    /// The time at which the key expires, in milliseconds since 1970. By default, it does not expire.
    pub expires_at: Option<i64>,
}

fn backend() -> KeyKind {
    KeyKind::Backend
}

/// A new API key.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct CreateKeyResponse {
    /// The number of the key. The text of the key starts with it.
    pub id: String,
    /// The text of the key. No other response contains it.
    pub key: String,
}

/// Sets the time at which an API key expires.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyExpiryRequest {
    /// The time, in milliseconds since 1970.
    pub at: i64,
}

/// Replaces an API key by a new one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotateKeyRequest {
    /// The number of seconds until the old key expires. One day by default.
    #[serde(default = "one_day")]
    pub overlap_seconds: i64,
}

fn one_day() -> i64 {
    24 * 3_600
}
