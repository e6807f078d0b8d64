//! Requests that are valid, but not in the current state.

use prefab_store::{Expected, StoreError, name_taken};

use super::code::ErrorCode;

/// Why a request conflicts with the current state.
#[derive(Debug, thiserror::Error)]
pub enum Conflict {
    /// Another version of the config is current.
    #[error("`{key}` has changed since you read it: the current version is {current}")]
    Version {
        /// The config key.
        key: String,
        /// The id of the current version.
        current: i64,
    },
    /// The config to replace was deleted.
    #[error("`{0}` was deleted since you read it")]
    Deleted(String),
    /// A new config has the key of another one.
    #[error("key `{0}` is already in use. Pass existing config id to overwrite")]
    KeyTaken(String),
    /// The name, or one that looks the same, is in use.
    #[error("{}", name_taken(.name, .existing))]
    NameTaken {
        /// The refused name.
        name: String,
        /// The name in use.
        existing: String,
    },
    /// Other configs refer to the segment or schema.
    #[error("{kind} `{key}` is used by `{}`", .users.join("`, `"))]
    InUse {
        /// `segment` or `schema`.
        kind: &'static str,
        /// Its key.
        key: String,
        /// The keys of the configs that refer to it.
        users: Vec<String>,
    },
    /// An environment requires the approval of a second person.
    #[error("changes to environment `{environment}` require the approval of a second person; {next_step}")]
    NeedsApproval {
        /// The name of the environment.
        environment: String,
        /// What to do.
        next_step: &'static str,
    },
    /// The approver saved the draft.
    #[error("the draft of `{key}` {whose}; another person must approve it")]
    OwnDraft {
        /// The key of the draft.
        key: String,
        /// How the draft belongs to the approver.
        whose: String,
    },
    /// The draft was saved again since it was read.
    #[error("the draft of `{0}` was saved again since you read it; review it again")]
    DraftChanged(String),
    /// The item is not a log level.
    #[error("`{0}` is not a log level")]
    NotLogLevel(String),
    /// The item is not archived.
    #[error("`{0}` is not archived")]
    NotArchived(String),
    /// The e-mail address has an account.
    #[error("{email} already has an account; {next_step}")]
    AccountExists {
        /// The e-mail address.
        email: String,
        /// What to do.
        next_step: &'static str,
    },
    /// The person is a member of the project.
    #[error("{0} is already a member of the project")]
    AlreadyMember(String),
    /// The project would have no admin.
    #[error("{0}; make another member an admin first")]
    LastAdmin(String),
    /// The installation would have no owner.
    #[error("this is the last owner of the installation; make another person an owner first")]
    LastOwner,
}

impl Conflict {
    /// Returns whether another change came first, so that the same request can succeed if it reads the current state again.
    pub const fn is_outdated(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::Deleted(_) | Self::KeyTaken(_))
    }

    /// Returns the kind, for programs.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Version { .. } | Self::Deleted(_) => ErrorCode::VersionConflict,
            Self::KeyTaken(_) | Self::NameTaken { .. } => ErrorCode::NameTaken,
            Self::InUse { .. } => ErrorCode::InUse,
            Self::NeedsApproval { .. } => ErrorCode::NeedsApproval,
            Self::OwnDraft { .. } => ErrorCode::OwnDraft,
            Self::DraftChanged(_) => ErrorCode::DraftChanged,
            Self::NotLogLevel(_) => ErrorCode::WrongType,
            Self::NotArchived(_) => ErrorCode::NotArchived,
            Self::AccountExists { .. } => ErrorCode::AccountExists,
            Self::AlreadyMember(_) => ErrorCode::AlreadyMember,
            Self::LastAdmin(_) | Self::LastOwner => ErrorCode::LastAdmin,
        }
    }

    /// Returns the conflict that a store reports, or the store's error if it is not one.
    pub(super) fn of(error: StoreError) -> Result<Self, StoreError> {
        match error {
            StoreError::Conflict { key, expected: Expected::Absent, current: Some(_) } => {
                Ok(Self::KeyTaken(key))
            }
            StoreError::Conflict { key, expected: _, current: Some(current) } => {
                Ok(Self::Version { key, current })
            }
            StoreError::Conflict { key, expected: _, current: None } => Ok(Self::Deleted(key)),
            StoreError::NameTaken { name, existing } => Ok(Self::NameTaken { name, existing }),
            other => Err(other),
        }
    }
}
