//! Errors in the form of the protocol.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use prefab_openfeature_mapping::{ErrorCode, Failure};
use prefab_service::workers::{self, Busy};
use serde_json::json;

use crate::api::error::ApiError;

pub(super) const TOO_MANY_EVALUATIONS: &str = "too many evaluations with this key; try again in 1 s";

/// A request that fails. Clients expect the key of the flag in every error of the route for one flag.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    key: Option<String>,
    code: ErrorCode,
    message: String,
}

impl Refusal {
    pub(super) fn unauthorized(key: Option<String>) -> Self {
        let message = "the API key is missing or invalid".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, key, code: ErrorCode::General, message }
    }

    /// The caller sends too many requests or has too many streams.
    pub(super) fn too_many(key: Option<&str>, message: &str) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            key: key.map(ToOwned::to_owned),
            code: ErrorCode::General,
            message: message.to_owned(),
        }
    }

    pub(super) fn invalid(key: Option<&str>, failure: Failure) -> Self {
        let Failure { code, message } = failure;
        Self { status: StatusCode::BAD_REQUEST, key: key.map(ToOwned::to_owned), code, message }
    }

    pub(super) fn busy(key: Option<&str>, busy: Busy) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            key: key.map(ToOwned::to_owned),
            code: ErrorCode::General,
            message: busy.to_string(),
        }
    }

    /// The body could not be read.
    pub(super) fn body(key: Option<&str>, error: &ApiError) -> Self {
        Self::invalid(key, Failure { code: ErrorCode::InvalidContext, message: error.to_string() })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, key, code, message } = self;
        let mut body = json!({ "errorCode": code.name(), "errorDetails": message });
        if let Some(key) = key {
            body["key"] = key.into();
        }
        let mut response = super::json(body.to_string());
        *response.status_mut() = status;
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            // Whole seconds, the only form that all clients read.
            let seconds = HeaderValue::from(workers::RETRY_AFTER.as_secs());
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
