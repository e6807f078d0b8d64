//! The machine-readable name of each kind of error.

use std::{fmt, str::FromStr};

use serde::Serialize;
use utoipa::ToSchema;

use prefab_store::{StoreError, UnavailableReason};

/// The kind of an error, for programs. Existing names never change; new ones may be added.
///
/// All endpoints share this list, so that a code has the same meaning everywhere.
/// `docs/error-codes.md` describes each code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The credential is missing, unknown, expired or revoked.
    Unauthorized,
    /// The credential does not allow this.
    Forbidden,
    /// The resource does not exist, or the caller may not read it.
    NotFound,
    /// The request is invalid. Each problem has its own place and code.
    Invalid,
    /// An environment requires a comment.
    NeedsComment,
    /// Another version is current.
    VersionConflict,
    /// The name or key is in use.
    NameTaken,
    /// Other configs refer to the segment or schema.
    InUse,
    /// An environment requires the approval of a second person.
    NeedsApproval,
    /// The approver saved the draft.
    OwnDraft,
    /// The draft was saved again since it was read.
    DraftChanged,
    /// The item has another type.
    WrongType,
    /// The item is not archived.
    NotArchived,
    /// The e-mail address has an account.
    AccountExists,
    /// The person is a member of the project.
    AlreadyMember,
    /// The project would have no admin.
    LastAdmin,
    /// The body is too large.
    BodyTooLarge,
    /// The body arrives too slowly.
    BodyTooSlow,
    /// Too many requests, attempts or reports.
    RateLimited,
    /// Too many event streams are open.
    TooManyStreams,
    /// All threads for CPU-heavy work are busy.
    Busy,
    /// The database is locked.
    DatabaseBusy,
    /// The database server cannot be reached. Nothing was changed.
    DatabaseUnavailable,
    /// The connection to the database was lost during a commit. The change may be stored.
    OutcomeUnknown,
    /// The database cannot be written.
    DatabaseReadOnly,
    /// The disk of the server is full.
    StorageFull,
    /// The server failed.
    Internal,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 27] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Invalid,
        Self::NeedsComment,
        Self::VersionConflict,
        Self::NameTaken,
        Self::InUse,
        Self::NeedsApproval,
        Self::OwnDraft,
        Self::DraftChanged,
        Self::WrongType,
        Self::NotArchived,
        Self::AccountExists,
        Self::AlreadyMember,
        Self::LastAdmin,
        Self::BodyTooLarge,
        Self::BodyTooSlow,
        Self::RateLimited,
        Self::TooManyStreams,
        Self::Busy,
        Self::DatabaseBusy,
        Self::DatabaseUnavailable,
        Self::OutcomeUnknown,
        Self::DatabaseReadOnly,
        Self::StorageFull,
        Self::Internal,
    ];

    /// Returns whether the request conflicts with the current state.
    pub const fn is_conflict(self) -> bool {
        matches!(
            self,
            Self::VersionConflict
                | Self::NameTaken
                | Self::InUse
                | Self::NeedsApproval
                | Self::OwnDraft
                | Self::DraftChanged
                | Self::WrongType
                | Self::NotArchived
                | Self::AccountExists
                | Self::AlreadyMember
                | Self::LastAdmin
        )
    }

    /// Returns the name that responses contain, such as `not_found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::NeedsComment => "needs_comment",
            Self::VersionConflict => "version_conflict",
            Self::NameTaken => "name_taken",
            Self::InUse => "in_use",
            Self::NeedsApproval => "needs_approval",
            Self::OwnDraft => "own_draft",
            Self::DraftChanged => "draft_changed",
            Self::WrongType => "wrong_type",
            Self::NotArchived => "not_archived",
            Self::AccountExists => "account_exists",
            Self::AlreadyMember => "already_member",
            Self::LastAdmin => "last_admin",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooSlow => "body_too_slow",
            Self::RateLimited => "rate_limited",
            Self::TooManyStreams => "too_many_streams",
            Self::Busy => "busy",
            Self::DatabaseBusy => "database_busy",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::DatabaseReadOnly => "database_read_only",
            Self::StorageFull => "storage_full",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<&StoreError> for ErrorCode {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::VersionConflict,
            StoreError::NameTaken { .. } => Self::NameTaken,
            StoreError::InvalidName(_) => Self::Invalid,
            StoreError::UnknownProject(_) => Self::Internal,
            StoreError::Unavailable { reason, .. } => match reason {
                UnavailableReason::DiskFull => Self::StorageFull,
                UnavailableReason::Busy => Self::DatabaseBusy,
                UnavailableReason::Unreachable => Self::DatabaseUnavailable,
                UnavailableReason::OutcomeUnknown => Self::OutcomeUnknown,
                UnavailableReason::ReadOnly => Self::DatabaseReadOnly,
                UnavailableReason::Damaged | UnavailableReason::Other => Self::Internal,
            },
        }
    }
}

/// The text is not an error code of this version.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown error code")]
pub struct UnknownCode;

impl FromStr for ErrorCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn every_code_has_one_name_that_parses_back() {
        let schema = serde_json::to_value(ErrorCode::schema()).unwrap();
        let names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(schema["enum"], serde_json::json!(names), "`ALL` lists every code by its name");
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(ErrorCode::ALL.iter().all(|code| code.as_str().parse() == Ok(*code)));
    }
}
