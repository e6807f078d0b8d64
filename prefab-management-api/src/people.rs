//! Members of a project and their roles.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A role. Each role includes the rights of the roles before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything and changes nothing.
    Viewer,
    /// Saves drafts and sets personal overrides.
    Editor,
    /// Changes configs, and approves and publishes drafts.
    Publisher,
    /// Manages people, keys, tokens, environments and the project.
    Admin,
}

impl Role {
    /// Returns the name, such as `publisher`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }
}

/// A role in an environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EnvironmentRole {
    /// The number of the environment, as a string.
    pub id: String,
    /// The name of the environment.
    pub name: String,
    /// The role.
    pub role: Role,
}

/// Sets a different role in an environment.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRoleRequest {
    /// The number or name of the environment.
    pub environment: String,
    /// The role.
    pub role: Role,
}

/// A member of a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberResponse {
    /// The number of the person, as a string.
    pub id: String,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The role in the project.
    pub role: Role,
    /// The environments with a different role.
    pub environments: Vec<EnvironmentRole>,
    /// The time at which the person joined, or of the offer if the membership is pending, in milliseconds since 1970.
    pub joined_at: i64,
    /// Whether the person has not accepted the membership yet, and has no access.
    #[serde(default)]
    pub is_pending: bool,
    /// Whether the caller may create a password reset link for the person.
    #[serde(default)]
    pub may_reset_password: bool,
}

/// Selects an account.
#[derive(Clone, Debug, Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// The e-mail address of the account.
    pub email: String,
}

/// The origin of an account. Check it before you add the account: the server does not verify e-mail addresses.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountResponse {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The actor who invited the person. Absent for the first person.
    pub invited_by: Option<String>,
    /// The time at which the account was created, in milliseconds since 1970.
    pub created_at: i64,
}

/// Offers a person with an account membership in a project.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMemberRequest {
    /// The e-mail address of the account. Invite people without an account.
    pub email: String,
    /// The role in the project.
    pub role: Role,
    /// Different roles in single environments.
    #[serde(default)]
    pub environments: Vec<EnvironmentRoleRequest>,
}

/// Changes the role of a member. Absent fields keep their value.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMemberRequest {
    /// The role in the project.
    pub role: Option<Role>,
    /// All environments with a different role.
    pub environments: Option<Vec<EnvironmentRoleRequest>>,
}

/// A link with which a person sets a new password.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordResetLink {
    /// The `token` for `POST /password-reset`. No other response contains it.
    pub token: String,
    /// The link. The server does not send it; send it to the person.
    pub link: String,
    /// The time at which the link expires, in milliseconds since 1970.
    pub expires_at: i64,
}
