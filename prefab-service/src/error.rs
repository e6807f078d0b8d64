//! Why the service refuses a request.

mod code;
mod conflict;
mod problem;

use prefab_store::StoreError;

pub use code::{ErrorCode, UnknownCode};
pub use conflict::Conflict;
pub use problem::{Problem, ProblemCode};

use crate::workers::Busy;

/// Why the service refuses a request. Callers match on the variant or on [`Error::code`], never on the text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The resource does not exist, or the caller may not read it.
    #[error("not found")]
    NotFound,
    /// The caller's role does not allow this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The request is invalid.
    #[error("invalid request: {}", join(.0))]
    Invalid(Vec<Problem>),
    /// An environment requires a comment.
    #[error("invalid request: {0}")]
    NeedsComment(Problem),
    /// The request conflicts with the current state.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// All threads for CPU-heavy work are busy.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl Error {
    /// Returns the error for a single problem of a request.
    pub fn invalid(problem: impl Into<Problem>) -> Self {
        Self::Invalid(vec![problem.into()])
    }

    /// Returns the kind, for programs.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::NeedsComment(_) => ErrorCode::NeedsComment,
            Self::Conflict(conflict) => conflict.code(),
            Self::Busy(_) => ErrorCode::Busy,
            Self::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match Conflict::of(error) {
            Ok(conflict) => Self::Conflict(conflict),
            Err(error @ StoreError::InvalidName(_)) => {
                Self::invalid(Problem::at("name", ProblemCode::Invalid, error.to_string()))
            }
            Err(error) => Self::Store(error),
        }
    }
}

fn join(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}
