//! Web pages ask from other origins.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

const HEADERS: &str = "authorization, content-type, x-prefabcloud-client-version, x-reforge-sdk-version";

/// Answers preflights and opens what front ends use. Keys are sent by hand, never by the browser on its own,
/// so every origin may ask.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    if !is_for_browsers(request.uri().path()) {
        return next.run(request).await;
    }
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else {
        next.run(request).await
    };
    open(response.headers_mut());
    response
}

fn is_for_browsers(path: &str) -> bool {
    path.contains("/configs/eval") || path.trim_end_matches('/').ends_with("/telemetry")
}

fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}
