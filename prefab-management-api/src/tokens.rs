//! Management tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{EnvironmentRole, Role};

/// A management token without its text, which the server does not store.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenResponse {
    /// The number of the token, as a string.
    pub id: String,
    /// The name of the token.
    pub name: String,
    /// The role in the project.
    pub role: Role,
    /// The environments with a different role.
    pub environments: Vec<EnvironmentRole>,
    /// The actor who issued the token.
    pub created_by: String,
    /// The creation time, in milliseconds since 1970.
    pub created_at: i64,
    /// The time of the last use, in milliseconds since 1970, with a resolution of one minute.
    pub last_used_at: Option<i64>,
    /// The time at which the token expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The time at which the token was revoked, in milliseconds since 1970.
    pub revoked_at: Option<i64>,
}

/// Issues a management token.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// The name of the token.
    #[schema(example = "release script")]
    pub name: String,
    /// The role of the token.
    pub role: Role,
    /// The numbers or names of the environments in which the token has that role; in others it is a viewer. By
    /// default, all environments.
    pub environments: Option<Vec<String>>,
    /// The time at which the token expires, in milliseconds since 1970. By default, it does not expire.
    pub expires_at: Option<i64>,
}

/// A new management token.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct CreateTokenResponse {
    /// The number of the token, as a string.
    pub id: String,
    /// The text of the token: the password for HTTP Basic, or a bearer token. No other response contains it.
    pub token: String,
}
