//! Refusals, in the form that official tools read.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tracing::error;

use prefab_service::{
    sign_in::PasswordError,
    workers::{self, Busy},
};
use prefab_store::{StoreError, Trouble};

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
    Invalid(Vec<String>),
    /// Somebody else was faster.
    #[error("Conflict")]
    Conflict(String),
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
    pub(crate) fn invalid(cause: impl Into<String>) -> Self {
        Self::Invalid(vec![cause.into()])
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMuch | Self::TooManyStreams | Self::TooManyEvaluations | Self::TooOften(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Store(error) => match trouble(error) {
                Trouble::Full => StatusCode::INSUFFICIENT_STORAGE,
                Trouble::Busy => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// Returns every cause, for people.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Invalid(causes) => causes.clone(),
            Self::Conflict(cause) => vec![cause.clone()],
            Self::Store(error) => match trouble(error) {
                Trouble::Full => vec!["the server's disk is full; nothing was changed".to_owned()],
                Trouble::Busy => vec!["the database is busy; nothing was changed, try again".to_owned()],
                Trouble::ReadOnly => {
                    vec!["the server may not write to its database; nothing was changed".to_owned()]
                }
                Trouble::Damaged | Trouble::Other => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

fn trouble(error: &StoreError) -> Trouble {
    match error {
        StoreError::Unavailable { trouble, .. } => *trouble,
        _ => Trouble::Other,
    }
}

impl From<prefab_service::Error> for ApiError {
    fn from(error: prefab_service::Error) -> Self {
        use prefab_service::Error;
        match error {
            Error::NotFound => Self::NotFound,
            Error::Forbidden(cause) => Self::Forbidden(cause),
            Error::Invalid(causes) => Self::Invalid(causes),
            Error::Conflict(cause) => Self::Conflict(cause),
            Error::Busy(busy) => Self::Busy(busy),
            Error::Store(error) => Self::Store(error),
        }
    }
}

impl From<StoreError> for ApiError {
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
        let errors: Vec<_> = self.causes().iter().map(|cause| json!({ "message": cause })).collect();
        let message = match &self {
            Self::Store(_) => self.status().canonical_reason().unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        let mut body = json!({ "message": message });
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
    use super::*;

    #[test]
    fn what_a_database_suffers_from_is_told_where_people_can_help() {
        let told = |trouble| {
            let error =
                StoreError::Unavailable { doing: "committing a change", trouble, source: "no".into() };
            let error = ApiError::from(error);
            (error.status().as_u16(), error.causes().join(""))
        };
        assert_eq!(told(Trouble::Full), (507, "the server's disk is full; nothing was changed".to_owned()));
        assert_eq!(told(Trouble::Busy).0, 503);
        assert!(told(Trouble::ReadOnly).1.contains("may not write"));
        assert_eq!(told(Trouble::Other), (500, String::new()));
    }
}
