//! Checkpoints: all configs, or all that are newer than a version.

use axum::{body::Body, extract::State};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use crate::api::{error::ApiError, sdk::api_key::Backend, state::App};
use prefab_publish::{ContentCoding, Encoded, Encoding};
use prefab_service::workers::Kind;

/// Handles `configs/<id>` in all its historic forms. Only the last segment of the path matters: older clients send their
/// project and a hash of their key before it.
pub(crate) async fn get(
    State(app): State<App>,
    Backend(caller): Backend,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let last = uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let id: i64 = last.parse().map_err(|_| ApiError::NotFound)?;
    let form = form(&headers);
    app.metrics.checkpoints.inc();
    let snapshot = caller.channel.snapshot();
    if let Some(answer) = snapshot.cached_response(id, &caller.audience, form)
        && answer.has(coding(&headers))
    {
        return Ok(respond(&answer, form.content_type(), &headers));
    }
    let encode =
        move || respond(&snapshot.response(id, &caller.audience, form), form.content_type(), &headers);
    // SDKs start with this request, so it waits for a worker instead of failing.
    Ok(app.workers.run_always(Kind::Publish, Some(caller.project.id), encode).await?)
}

/// Returns whether the client accepts JSON by name. Others receive protobuf: Go sends no `Accept`, old Python `*/*`.
pub(crate) fn form(headers: &HeaderMap) -> Encoding {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("protobuf") {
        Encoding::Json
    } else {
        Encoding::Protobuf
    }
}

/// Returns the bytes, or 304 if the client has them. Without `max-age`, because clients would not fetch again for that
/// time, even after a change.
pub(super) fn respond(answer: &Encoded, content_type: &'static str, headers: &HeaderMap) -> Response<Body> {
    let (encoding, body) = encoding(answer, headers);
    let etag = format!("\"{}{}\"", answer.etag, encoding.map_or("", |(_, suffix)| suffix));
    let is_known = prefab_http::is_cached(headers, &etag);
    let mut response = Response::new(if is_known { Body::empty() } else { body.into() });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("authorization, accept, accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        fields.insert(header::ETAG, etag);
    }
    if !is_known {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some((name, _)) = encoding {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    response
}

fn encoding(answer: &Encoded, headers: &HeaderMap) -> (Option<(&'static str, &'static str)>, Bytes) {
    match coding(headers) {
        ContentCoding::Zstd => (Some(("zstd", "-z")), answer.zstd().clone()),
        ContentCoding::Gzip => (Some(("gzip", "-g")), answer.gzip().clone()),
        ContentCoding::Plain => (None, answer.plain.clone()),
    }
}

/// Selects an encoding that the client names. Java names none and receives uncompressed bytes.
pub(super) fn coding(headers: &HeaderMap) -> ContentCoding {
    match prefab_http::choose_encoding(headers, &["zstd", "gzip"]) {
        Some("zstd") => ContentCoding::Zstd,
        Some(_) => ContentCoding::Gzip,
        None => ContentCoding::Plain,
    }
}
