//! Errors of a store.

use std::{error::Error as StdError, future::Future, pin::Pin};

use prefab_core::ids::ProjectId;

use crate::{expected::Expected, names::NameProblem};

/// The result of a store operation, as a future.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another version is current.
    #[error("config `{key}`: {}", conflict(*.current))]
    Conflict {
        /// The config key.
        key: String,
        /// The version that the writer expected.
        expected: Expected,
        /// The current version; `None` if there is none.
        current: Option<i64>,
    },
    /// The project does not exist.
    #[error("project {0} does not exist")]
    UnknownProject(ProjectId),
    /// The name, or one that looks the same, is in use.
    #[error("{}", name_taken(.name, .existing))]
    NameTaken {
        /// The refused name.
        name: String,
        /// The name in use.
        existing: String,
    },
    /// The name has no visible character, or could be confused with an id.
    #[error(
        "`{0}` cannot be a name: expected visible characters, and not only a number, which could be an id"
    )]
    InvalidName(String),
    /// The database cannot be used at the moment, or at all.
    #[error("database error while {operation}")]
    Unavailable {
        /// What was being done, as a gerund: `writing a change`.
        operation: &'static str,
        /// The kind of failure.
        reason: UnavailableReason,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// Returns the message for a name that is in use. It names the other one if the two differ.
pub fn name_taken(name: &str, existing: &str) -> String {
    if name == existing {
        return format!("the name `{name}` is already in use");
    }
    let (name, existing) = (name.escape_debug(), existing.escape_debug());
    format!("the name `{name}` looks like `{existing}`, which is already in use")
}

impl StoreError {
    /// Returns the error for a name that [`names::check_new`](crate::names::check_new) refuses.
    pub fn of_name(name: &str, problem: NameProblem) -> Self {
        match problem {
            NameProblem::Taken { existing } => Self::NameTaken { name: name.to_owned(), existing },
            NameProblem::LikeId | NameProblem::Invisible => Self::InvalidName(name.to_owned()),
        }
    }

    /// Creates an [`Unavailable`](Self::Unavailable) error with the reason [`UnavailableReason::Other`].
    pub fn unavailable(operation: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable { operation, reason: UnavailableReason::Other, source: source.into() }
    }
}

/// Why a database cannot be used. The operator of a server can fix most of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// The disk is full.
    DiskFull,
    /// The file or its folder is read-only for the server.
    ReadOnly,
    /// Another process keeps the database locked.
    Busy,
    /// The file is damaged, or is not a database.
    Damaged,
    /// The database server cannot be reached, or does not answer in time. Nothing was changed.
    Unreachable,
    /// The connection was lost during a commit. The change may be stored.
    OutcomeUnknown,
    /// Any other failure.
    Other,
}

fn conflict(current: Option<i64>) -> String {
    current.map_or("the config does not exist".to_owned(), |id| format!("the current version is {id}"))
}
