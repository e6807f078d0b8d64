//! Errors as HTTP responses: a status, a code for programs, and texts in the form that official tools read.

mod status;

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tracing::error;

use prefab_service::{
    Conflict, ErrorCode, Problem,
    sign_in::PasswordError,
    workers::{self, Busy},
};
use prefab_store::StoreError;

/// The reason why a request fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The credential is missing, unknown or revoked.
    #[error("Unauthorized")]
    Unauthorized,
    /// The credential does not allow this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The thing does not exist, or the caller has no access to it.
    #[error("Not Found")]
    NotFound,
    /// The request is invalid.
    #[error("Bad Request")]
    Invalid(Vec<Problem>),
    /// An environment requires a comment.
    #[error("Bad Request")]
    NeedsComment(Problem),
    /// The request conflicts with the current state.
    #[error("Conflict")]
    Conflict(#[from] Conflict),
    /// The body is too large.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Too many log-in attempts.
    #[error("too many attempts; try again later")]
    TooOften(Duration),
    /// The telemetry budget of the key is used up.
    #[error("too much telemetry with this key; try again in one minute")]
    TooMuch,
    /// The maximum number of event streams of a person, token or key is open.
    #[error("too many event streams are open; close one and try again")]
    TooManyStreams,
    /// The configs do not fit into an event of a Quonfig SDK. It polls while it has no stream.
    #[error("the configs are larger than the 4 MiB that a Quonfig SDK reads from a stream; it polls instead")]
    TooLargeForStream,
    /// The key has reached its number of evaluations per second.
    #[error("too many evaluations with this key; try again in 1 s")]
    TooManyEvaluations,
    /// All threads for CPU-heavy work are busy.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The body arrives too slowly.
    #[error("the request body arrived too slowly")]
    TooSlow,
    /// The database failed.
    #[error("Internal Server Error")]
    Store(#[source] StoreError),
}

impl ApiError {
    pub(crate) fn invalid(problem: impl Into<Problem>) -> Self {
        Self::Invalid(vec![problem.into()])
    }

    /// Returns the code, for programs.
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::NeedsComment(_) => ErrorCode::NeedsComment,
            Self::Conflict(conflict) => conflict.code(),
            Self::TooLarge(_) => ErrorCode::BodyTooLarge,
            Self::TooSlow => ErrorCode::BodyTooSlow,
            Self::TooMuch | Self::TooManyEvaluations | Self::TooOften(_) => ErrorCode::RateLimited,
            Self::TooManyStreams => ErrorCode::TooManyStreams,
            Self::Busy(_) | Self::TooLargeForStream => ErrorCode::Busy,
            Self::Store(error) => error.into(),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        status::of(self.code())
    }

    /// Returns the problems as texts, for people.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Invalid(problems) => problems.iter().map(Problem::to_string).collect(),
            Self::NeedsComment(problem) => vec![problem.to_string()],
            Self::Conflict(conflict) => vec![conflict.to_string()],
            Self::Store(_) => status::database_cause(self.code()).map(str::to_owned).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the problems for the response: text, place and code.
    fn embedded(&self) -> Vec<Value> {
        let problem = |problem: &Problem| {
            let Problem { place, pointer, code, message: _ } = problem;
            let mut entry = json!({ "message": problem.to_string(), "place": place, "code": code });
            if !pointer.is_empty() {
                entry["pointer"] = pointer.as_str().into();
            }
            entry
        };
        match self {
            Self::Invalid(problems) => problems.iter().map(problem).collect(),
            Self::NeedsComment(comment) => vec![problem(comment)],
            other => {
                let causes = other.causes().into_iter();
                causes.map(|cause| json!({ "message": cause, "place": "", "code": self.code() })).collect()
            }
        }
    }
}

impl From<prefab_service::Error> for ApiError {
    fn from(error: prefab_service::Error) -> Self {
        use prefab_service::Error;
        match error {
            Error::NotFound => Self::NotFound,
            Error::Forbidden(cause) => Self::Forbidden(cause),
            Error::Invalid(problems) => Self::Invalid(problems),
            Error::NeedsComment(problem) => Self::NeedsComment(problem),
            Error::Conflict(conflict) => Self::Conflict(conflict),
            Error::Busy(busy) => Self::Busy(busy),
            Error::Store(error) => Self::Store(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        prefab_service::Error::from(error).into()
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy(busy) => Self::Busy(busy),
            PasswordError::Failed(cause) => Self::Store(StoreError::unavailable("hashing a password", cause)),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            error!(%error, cause = ?std::error::Error::source(error), "database error while handling a request");
        }
        let errors = self.embedded();
        let message = match &self {
            Self::Store(_) => self.status().canonical_reason().unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        let mut body = json!({ "message": message, "code": self.code() });
        if !errors.is_empty() {
            body["_embedded"] = json!({ "errors": errors });
        }
        let mut response = (self.status(), Json(body)).into_response();
        let retry_after = match &self {
            Self::TooOften(after) => Some(*after),
            Self::Busy(_) | Self::TooManyEvaluations => Some(workers::RETRY_AFTER),
            Self::Store(_) if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(workers::RETRY_AFTER),
            _ => None,
        };
        if let Some(after) = retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        // The Node SDK caches errors with caching headers and treats them as successful responses.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use prefab_store::UnavailableReason;

    use super::*;

    #[test]
    fn database_errors_name_the_cause_if_an_operator_can_fix_it() {
        let cause_of = |reason| {
            let error =
                StoreError::Unavailable { operation: "committing a change", reason, source: "no".into() };
            let error = ApiError::from(error);
            (error.status().as_u16(), error.causes().join(""))
        };
        assert_eq!(
            cause_of(UnavailableReason::DiskFull),
            (507, "the disk of the database is full; nothing was changed; free some space on it".to_owned())
        );
        assert_eq!(cause_of(UnavailableReason::Busy).0, 503);
        assert!(cause_of(UnavailableReason::ReadOnly).1.contains("cannot write"));
        assert_eq!(cause_of(UnavailableReason::Other), (500, String::new()));
    }
}
