//! The installation: its owners and settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::PersonResponse;

/// Who may invite people without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Inviters {
    /// Admins of projects, to their project.
    Admins,
    /// Owners of the installation, to the projects of which they are admins.
    Owners,
}

/// The owners and settings of the installation.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct InstallationResponse {
    /// The owners, sorted by e-mail address.
    pub owners: Vec<PersonResponse>,
    /// Who may invite people without an account.
    pub inviters: Inviters,
}

/// Changes the settings of the installation. Absent fields keep their value.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateInstallationRequest {
    /// Who may invite people without an account.
    pub inviters: Option<Inviters>,
}
