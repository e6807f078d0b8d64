//! Errors of the database as errors of the store.

use std::{error::Error as StdError, io};

use deadpool_postgres::{PoolError, TimeoutType};
use prefab_store::{StoreError, UnavailableReason};
use tokio_postgres::error::SqlState;

/// Returns why a statement failed. An error of a statement contains neither the password nor the URL.
pub(crate) fn reason(error: &tokio_postgres::Error) -> UnavailableReason {
    let Some(code) = error.code() else {
        return if is_lost(error) { UnavailableReason::Unreachable } else { UnavailableReason::Other };
    };
    match *code {
        SqlState::DISK_FULL => UnavailableReason::DiskFull,
        SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::INSUFFICIENT_PRIVILEGE => UnavailableReason::ReadOnly,
        // A cancelled statement includes one that took longer than the administrator allows.
        SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::LOCK_NOT_AVAILABLE
        | SqlState::QUERY_CANCELED
        | SqlState::INSUFFICIENT_RESOURCES
        | SqlState::OUT_OF_MEMORY
        | SqlState::TOO_MANY_CONNECTIONS => UnavailableReason::Busy,
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => UnavailableReason::Damaged,
        _ if is_lost(error) => UnavailableReason::Unreachable,
        _ => UnavailableReason::Other,
    }
}

/// Returns whether the connection cannot be used after this error.
pub(crate) fn is_lost(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else {
        return error.is_closed()
            || StdError::source(error).is_some_and(|source| source.downcast_ref::<io::Error>().is_some());
    };
    let code = code.code();
    // Connection errors, a server that stops or starts, and a server that became a standby.
    code.starts_with("08") || code.starts_with("57P") || code == SqlState::READ_ONLY_SQL_TRANSACTION.code()
}

/// Returns whether the same transaction can succeed when it is run again.
pub(crate) fn is_conflict(error: &StoreError) -> bool {
    let StoreError::Unavailable { source, .. } = error else { return false };
    source.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code).is_some_and(|code| {
        [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(code)
    })
}

pub(crate) fn failed(operation: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError {
    move |error| StoreError::Unavailable { operation, reason: reason(&error), source: error.into() }
}

/// Returns the error for a connection that the pool cannot provide.
pub(crate) fn no_connection(operation: &'static str, error: PoolError) -> StoreError {
    let reason = match &error {
        PoolError::Timeout(TimeoutType::Wait) => UnavailableReason::Busy,
        PoolError::Timeout(_) | PoolError::Closed => UnavailableReason::Unreachable,
        // A connection that cannot be established has the message of the operating system, without an SQLSTATE.
        PoolError::Backend(error) if error.code().is_none() => UnavailableReason::Unreachable,
        PoolError::Backend(error) => reason(error),
        _ => UnavailableReason::Other,
    };
    StoreError::Unavailable { operation, reason, source: error.into() }
}

pub(crate) fn timed_out(operation: &'static str) -> StoreError {
    let source = "the database did not answer in time".into();
    StoreError::Unavailable { operation, reason: UnavailableReason::Unreachable, source }
}

/// Returns the error for a commit whose outcome is unknown.
pub(crate) fn unknown_outcome(
    operation: &'static str,
    source: impl Into<Box<dyn StdError + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable { operation, reason: UnavailableReason::OutcomeUnknown, source: source.into() }
}

/// Returns the reason of an error of the database.
pub(crate) fn unavailable_reason(error: &StoreError) -> Option<UnavailableReason> {
    match error {
        StoreError::Unavailable { reason, .. } => Some(*reason),
        _ => None,
    }
}
