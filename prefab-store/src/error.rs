//! Errors of a store.

use std::{error::Error as StdError, future::Future, pin::Pin};

use prefab_core::ids::ProjectId;

use crate::expected::Expected;

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
    /// The name is in use.
    #[error("the name `{0}` is already in use")]
    NameTaken(String),
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

impl StoreError {
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
    /// Any other failure.
    Other,
}

fn conflict(current: Option<i64>) -> String {
    current.map_or("the config does not exist".to_owned(), |id| format!("the current version is {id}"))
}
