//! Sessions and accounts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{EnvironmentRole, Role};

/// The session of a person.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResponse {
    /// The person.
    pub person: PersonResponse,
    /// The value of the header `x-prefab-csrf`, which all requests except reads require.
    pub csrf: String,
    /// The projects of the person.
    pub projects: Vec<SessionProject>,
    /// Whether the person is an owner of the installation.
    #[serde(default)]
    pub is_owner: bool,
    /// The projects that the person can join.
    #[serde(default)]
    pub offers: Vec<MembershipOffer>,
}

/// Membership in a project that an admin has offered to a person. It gives no access until the person accepts it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembershipOffer {
    /// The number of the project, as a string.
    pub project: String,
    /// The name of the project.
    pub name: String,
    /// The role in the project.
    pub role: Role,
    /// The environments with a different role.
    pub environments: Vec<EnvironmentRole>,
    /// The actor who made the offer.
    pub offered_by: String,
    /// The time of the offer, in milliseconds since 1970.
    pub offered_at: i64,
}

/// A person.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PersonResponse {
    /// The number of the person, as a string.
    pub id: String,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
}

/// A project of a person.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SessionProject {
    /// The number of the project, as a string.
    pub id: String,
    /// The name of the project.
    pub name: String,
    /// The role in the project.
    pub role: Role,
    /// All environments, with the role in each.
    pub environments: Vec<EnvironmentRole>,
}

/// Logs in.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInRequest {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// An empty object.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct EmptyResponse {}

/// Creates an account from an invitation.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// The token of the invitation: the text after `#token=` in its link.
    pub token: String,
    /// The e-mail address.
    #[schema(example = "ann@example.com")]
    pub email: String,
    /// The name.
    #[schema(example = "Ann")]
    pub name: String,
    /// The password, of at least ten characters.
    pub password: String,
}

/// Changes the password of the person who is logged in.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The current password.
    pub current: String,
    /// The new password, of at least ten characters.
    pub password: String,
}

/// Deletes the account of the person who is logged in.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccountRequest {
    /// The current password. It is required because a deletion cannot be undone.
    pub password: String,
}

/// Sets a new password with a link.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// The token of the link: the text after `#token=`.
    pub token: String,
    /// The new password, of at least ten characters.
    pub password: String,
}
