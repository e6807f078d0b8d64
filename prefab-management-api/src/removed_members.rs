//! People who were removed from a project, and the credentials that they issued.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ApiKeyResponse, MemberResponse, TokenResponse};

/// The valid API keys and management tokens of a project that a person has issued.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct IssuedCredentials {
    /// The API keys.
    pub keys: Vec<ApiKeyResponse>,
    /// The management tokens.
    pub tokens: Vec<TokenResponse>,
}

/// A person who was removed from a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RemovedMember {
    /// The person.
    #[serde(flatten)]
    pub member: MemberResponse,
    /// What the person has issued and what remains valid. `DELETE …/people/{person}/credentials` revokes it.
    #[serde(default)]
    pub credentials: IssuedCredentials,
}
