//! Response headers for browsers: what they may store, and that they use https.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, header};

use super::state::App;
use crate::options::PublicUrl;

/// One year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers.
///
/// Responses of the management API contain keys, people and values, so no cache may store them. The exception is the list of
/// items, which the browser itself may store and must revalidate.
pub(super) async fn add(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_management = request.uri().path().starts_with("/api/manage");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_management {
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !headers.contains_key(header::ETAG) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
    if app.tls || app.public_url.as_ref().is_some_and(PublicUrl::is_https) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
