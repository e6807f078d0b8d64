//! The response of an event stream, and its comments.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, header};

/// Sent immediately, so that the client and proxies receive the headers.
pub(super) const PREAMBLE: Bytes = Bytes::from_static(b": connected\n\n");
pub(super) const KEEP_ALIVE: Bytes = Bytes::from_static(b": keepalive\n\n");

/// The body has no length, so that HTTP/1.1 sends it in chunks. The Python SDK delays other bodies.
pub(super) fn respond(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Disables buffering in nginx.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
