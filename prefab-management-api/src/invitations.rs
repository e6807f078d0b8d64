//! Invitations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{EnvironmentRole, EnvironmentRoleRequest, Role};

/// An open invitation.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationResponse {
    /// The number of the invitation, as a string.
    pub id: String,
    /// The e-mail address of the invited person.
    pub email: String,
    /// The role in the project.
    pub role: Role,
    /// The environments with a different role.
    pub environments: Vec<EnvironmentRole>,
    /// The actor who created the invitation.
    pub created_by: String,
    /// The creation time, in milliseconds since 1970.
    pub created_at: i64,
    /// The time at which the invitation expires, in milliseconds since 1970.
    pub expires_at: i64,
}

/// Invites a person to a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateInvitationRequest {
    /// The e-mail address of the person.
    #[schema(example = "bea@example.com")]
    pub email: String,
    /// The role in the project.
    pub role: Role,
    /// Different roles in single environments.
    #[serde(default)]
    pub environments: Vec<EnvironmentRoleRequest>,
    /// The lifetime of the link, in seconds. One week by default.
    #[serde(default = "one_week")]
    pub expires_in_seconds: i64,
}

/// One week in seconds, the default lifetime of an invitation.
pub(crate) fn one_week() -> i64 {
    7 * 24 * 3_600
}

/// A new invitation and its link.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct CreateInvitationResponse {
    /// The invitation.
    #[serde(flatten)]
    pub invitation: InvitationResponse,
    /// The `token` for `POST /sign-up`. No other response contains it.
    pub token: String,
    /// The link at which the person signs up. The server does not send it; send it to the person.
    pub link: String,
}
