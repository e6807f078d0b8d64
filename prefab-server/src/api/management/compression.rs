//! gzip and `ETag` for large JSON responses.

use std::io::Write as _;

use axum::response::{IntoResponse as _, Response};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;

use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;

/// Smaller responses are not compressed.
const MIN_COMPRESSED_BYTES: usize = 16 << 10;

/// Returns a JSON response, compressed if the client accepts gzip.
pub(super) async fn compressed_json<T: Serialize + Send + 'static>(
    app: &App,
    project: ProjectId,
    body: T,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let accepts_gzip = prefab_http::choose_encoding(headers, &["gzip"]).is_some();
    let encode = move |_| {
        // Strings and numbers can always be serialized.
        let plain = serde_json::to_vec(&body).unwrap_or_default();
        if !accepts_gzip || plain.len() < MIN_COMPRESSED_BYTES {
            return Ok((plain, false));
        }
        Ok(gzip(&plain).map_or((plain, false), |compressed| (compressed, true)))
    };
    let (bytes, is_compressed) = app.work(project, encode).await?;
    let mut response = bytes.into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if is_compressed {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// Returns whether the client has the response with this `ETag`.
pub(super) fn etag_matches(headers: &HeaderMap, tag: &str) -> bool {
    prefab_http::is_cached(headers, &quoted(tag))
}

/// Adds the `ETag` to a response. Only the browser may cache it, and must revalidate it.
pub(super) fn with_etag(mut response: Response, tag: Option<String>) -> Response {
    let fields = response.headers_mut();
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization, cookie"));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(format!("W/{}", quoted(&tag))).ok()) {
        fields.insert(header::ETAG, tag);
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}
