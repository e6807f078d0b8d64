//! Reading and parsing request bodies.

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use prefab_core::{encoding, json};
use prefab_service::workers::Kind;
use serde_json::Value as Json;

use super::{error::ApiError, state::App};

/// The maximum size of a JSON body that is parsed on the async thread, which takes less than a millisecond.
const MAX_INLINE_BYTES: usize = 64 << 10;

/// Parses a JSON body. Large bodies are parsed on a worker thread.
pub(crate) async fn parse<T: Send + 'static>(
    app: &App,
    bytes: Bytes,
    parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if bytes.len() <= MAX_INLINE_BYTES {
        return parse(&bytes);
    }
    app.workers.run(Kind::Manage, None, move |_| parse(&bytes)).await?
}

/// Decodes a body in UTF-8, without a byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, ApiError> {
    encoding::decode_slice(bytes).map_err(|error| ApiError::invalid(format!("the body: {error}")))
}

/// Parses a body as JSON.
pub(crate) fn json(bytes: &[u8]) -> Result<Json, ApiError> {
    json::parse(text(bytes)?).map_err(|error| ApiError::invalid(format!("the body: {error}")))
}

/// Reads a body of limited size.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge(most)),
        Err(error) => Err(ApiError::invalid(error.to_string())),
    }
}
