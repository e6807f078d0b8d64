//! Errors of a store.

use std::{error::Error as StdError, future::Future, pin::Pin};

use prefab_core::ids::ProjectId;

use crate::expected::Expected;

/// What a store answers with, some time later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster.
    #[error("config `{key}`: {}", conflict(*.current))]
    Conflict {
        /// The key.
        key: String,
        /// What the writer expected.
        expected: Expected,
        /// The version that is there.
        current: Option<i64>,
    },
    /// There is no such project.
    #[error("project {0}: there is none with this number")]
    UnknownProject(ProjectId),
    /// Somebody else has that name.
    #[error("`{0}`: the name is taken")]
    NameTaken(String),
    /// The database cannot be used right now, or at all.
    #[error("database: {operation}")]
    Unavailable {
        /// What was being done.
        operation: &'static str,
        /// What whoever runs the server can do something about.
        reason: UnavailableReason,
        /// Why it failed.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StoreError {
    /// Returns the error of a store that cannot be used for an unknown reason.
    pub fn unavailable(operation: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable { operation, reason: UnavailableReason::Other, source: source.into() }
    }
}

/// Why a database cannot be used, as far as people can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// There is no room for more.
    DiskFull,
    /// It, or where it is, may not be written to.
    ReadOnly,
    /// Another server writes for very long.
    Busy,
    /// It is not what a server wrote.
    Damaged,
    /// Something else.
    Other,
}

fn conflict(current: Option<i64>) -> String {
    current.map_or("it is not there any more".to_owned(), |id| format!("version {id} is there already"))
}
