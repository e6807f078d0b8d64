//! Why the service refuses a request.

use prefab_store::StoreError;

use crate::workers::Busy;

/// Why the service refuses a request. Callers match on the variant, never on the text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller may not see it.
    #[error("not found")]
    NotFound,
    /// The caller's role does not allow this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What was sent cannot be used; one message per problem.
    #[error("invalid: {}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The change conflicts with the current state.
    #[error("{0}")]
    Conflict(String),
    /// All threads for CPU-heavy work are busy.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl Error {
    /// Returns the error for a single problem in what was sent.
    pub fn invalid(cause: impl Into<String>) -> Self {
        Self::Invalid(vec![cause.into()])
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { key, current: Some(_) } => {
                Self::Conflict(format!("key `{key}` is already in use. Pass existing config id to overwrite"))
            }
            StoreError::Conflict { key, current: None } => {
                Self::Conflict(format!("key `{key}` is not there any more"))
            }
            StoreError::NameTaken(name) => Self::Conflict(format!("`{name}`: the name is taken")),
            other => Self::Store(other),
        }
    }
}
