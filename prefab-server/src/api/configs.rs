//! Checkpoints: all configs, or all that are newer than an id.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use super::{ApiError, App, caller::Backend};
use crate::publish::{Encoded, Form};

/// Answers `configs/<id>` in every form it ever had. Only the last piece of the path counts: older clients
/// put their project and a hash of their key before it.
pub(super) async fn get(
    State(app): State<App>,
    Backend(caller): Backend,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let last = uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let id: i64 = last.parse().map_err(|_| ApiError::NotFound)?;
    let form = form(&headers);
    let answer = caller.channel.snapshot().answer(id, &caller.audience, form);
    app.metrics.checkpoints.inc();
    Ok(respond(&answer, form, &headers))
}

/// Protobuf unless JSON is asked for by name: Go names nothing, and old Python wants anything.
pub(super) fn form(headers: &HeaderMap) -> Form {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("protobuf") {
        Form::Json
    } else {
        Form::Protobuf
    }
}

/// Answers with the bytes, or with 304 where the client has them. Never with a `max-age`: clients would not
/// ask again for that long, whoever tells them to.
fn respond(answer: &Arc<Encoded>, form: Form, headers: &HeaderMap) -> Response<Body> {
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
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
        if let Some((name, _)) = encoding {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    response
}

/// Chooses among what the client names. Java names nothing and must get plain bytes.
fn encoding(answer: &Encoded, headers: &HeaderMap) -> (Option<(&'static str, &'static str)>, Bytes) {
    match prefab_http::choose_encoding(headers, &["zstd", "gzip"]) {
        Some("zstd") => (Some(("zstd", "-z")), answer.zstd().clone()),
        Some(_) => (Some(("gzip", "-g")), answer.gzip().clone()),
        None => (None, answer.plain.clone()),
    }
}
