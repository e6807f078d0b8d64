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

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// There is no key, or it is unknown or revoked.
    #[error("Unauthorized")]
    Unauthorized,
    /// The key is good, but not for this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing.
    #[error("Not Found")]
    NotFound,
    /// What was sent cannot be used.
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
    /// Somebody tries too often.
    #[error("too many attempts; try again later")]
    TooOften(Duration),
    /// This key sends more than it may.
    #[error("too much telemetry from this key; it may send more in a minute")]
    TooMuch,
    /// A person, token or key has as many event streams as it may.
    #[error("too many event streams are open; close one and try again")]
    TooManyStreams,
    /// This key has used up its evaluations for this second.
    #[error("too many evaluations with this key; try again in 1 s")]
    TooManyEvaluations,
    /// All threads for CPU-heavy work are busy.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The body arrives too slowly.
    #[error("the request body arrived too slowly")]
    TooSlow,
    /// The database does not answer.
    #[error("Internal Server Error")]
    Store(#[source] StoreError),
}

impl ApiError {
    pub(crate) fn invalid(problem: impl Into<Problem>) -> Self {
        Self::Invalid(vec![problem.into()])
    }

    /// Returns the kind, for programs.
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
            Self::Busy(_) => ErrorCode::Busy,
            Self::Store(error) => error.into(),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        status::of(self.code())
    }

    /// Returns every cause, for people.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Invalid(problems) => problems.iter().map(Problem::to_string).collect(),
            Self::NeedsComment(problem) => vec![problem.to_string()],
            Self::Conflict(conflict) => vec![conflict.to_string()],
            Self::Store(_) => status::database_cause(self.code()).map(str::to_owned).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns every cause as it is sent: with its text, and its place and code for programs.
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
            error!(%error, cause = ?std::error::Error::source(error), "a request failed for the database");
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
            _ => None,
        };
        if let Some(after) = retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        // Node keeps errors that have caching headers and replays them as good answers.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use prefab_store::UnavailableReason;

    use super::*;

    #[test]
    fn what_a_database_suffers_from_is_told_where_people_can_help() {
        let told = |reason| {
            let error =
                StoreError::Unavailable { operation: "committing a change", reason, source: "no".into() };
            let error = ApiError::from(error);
            (error.status().as_u16(), error.causes().join(""))
        };
        assert_eq!(
            told(UnavailableReason::DiskFull),
            (507, "the server's disk is full; nothing was changed".to_owned())
        );
        assert_eq!(told(UnavailableReason::Busy).0, 503);
        assert!(told(UnavailableReason::ReadOnly).1.contains("may not write"));
        assert_eq!(told(UnavailableReason::Other), (500, String::new()));
    }
}
