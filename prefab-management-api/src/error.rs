//! Errors.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct ErrorResponse {
    /// The name of the status: `Bad Request`.
    pub message: String,
    /// The kind of the error, one of `ErrorCode`. Programs decide by this field, not by the texts.
    pub code: String,
    /// The problems in detail.
    #[serde(rename = "_embedded", skip_serializing_if = "Option::is_none")]
    pub embedded: Option<EmbeddedErrors>,
}

/// The problems of a request.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct EmbeddedErrors {
    /// The problems.
    pub errors: Vec<ErrorDetail>,
}

/// A problem of a request.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// The place, the problem and the expected value.
    #[schema(example = "`default.rules[0].value.value`: expected true or false, not 3")]
    pub message: String,
    /// The path of the field. Empty if the problem has no single place.
    #[schema(example = "item.default.rules[0].value.value")]
    pub place: String,
    /// The place inside the JSON value of the field, as a JSON pointer.
    #[schema(example = "/limits/0")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The kind of the problem. One of `ProblemCode` if the error is `invalid`, else the code of the error.
    #[schema(example = "wrong_type")]
    pub code: String,
}
