//! Cross-origin access for web pages, on the routes that front-end SDKs use.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

const REQUEST_HEADERS: &str = "authorization, content-type, if-none-match, x-prefabcloud-client-version, \
     x-quonfig-sdk-version, x-reforge-sdk-version";

/// Answers preflight requests and allows every origin to read the response.
///
/// This is safe because the page adds its API key itself: browsers do not attach credentials to these requests.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    answer(request, next, HeaderValue::from_static(REQUEST_HEADERS)).await
}

/// As [`layer`], for clients to which programs add headers of their own.
pub(super) async fn any_header(request: Request, next: Next) -> Response {
    let requested = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    answer(request, next, requested.unwrap_or(HeaderValue::from_static("*"))).await
}

async fn answer(request: Request, next: Next, request_headers: HeaderValue) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else {
        next.run(request).await
    };
    open(response.headers_mut(), request_headers);
    response
}

fn open(headers: &mut HeaderMap, request_headers: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, request_headers);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag, retry-after"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}
