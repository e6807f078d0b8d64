//! What do people see who open the server in a browser? The page's files, embedded, and how they are served.
//!
//! Start with [`router`]. The page is static: everything it shows, the browser asks of the public management
//! API, so a server can serve it without knowing what is in it.

mod files;
mod reports;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use files::{File, Files};
use reports::Reports;

/// Only our own files run, and nothing written into a page by somebody else does.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      report-uri /page/csp-reports";

/// Returns the routes of the page: `/`, `/sign-up`, `/reset`, `/account/…` and its files under `/page/`.
///
/// Where the environment variable `PREFAB_PAGE_ASSETS` names a folder, files are read from there at each
/// request, for those who work on the page.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files = Arc::new(Files::new(std::env::var_os("PREFAB_PAGE_ASSETS").map(Into::into)));
    let reports = Arc::new(Reports::default());
    let shell = {
        let files = Arc::clone(&files);
        move |headers: HeaderMap| std::future::ready(answer(files.get("index.html"), &headers))
    };
    let file = move |Path(name): Path<String>, headers: HeaderMap| {
        std::future::ready(answer(files.get(&name), &headers))
    };
    let told = Arc::clone(&reports);
    Router::new()
        .route("/", get(shell.clone()))
        .route("/sign-up", get(shell.clone()))
        .route("/reset", get(shell.clone()))
        .route("/account", get(shell.clone()))
        .route("/account/{*rest}", get(shell))
        .route("/page/{*name}", get(file))
        .route(
            "/page/csp-reports",
            post(move |body: Body| async move { reports.take(body).await })
                .get(move || std::future::ready(told.show())),
        )
}

/// Sends a file, or says that the browser has it.
fn answer(file: Option<Arc<File>>, asked: &HeaderMap) -> Response {
    let mut response = Response::default();
    let Some(file) = file else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fields.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    fields.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    // Asked for again each time, and answered with 304: a new server never meets an old page.
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    fields.insert(header::ETAG, file.etag.clone());
    if file.etag.to_str().is_ok_and(|etag| prefab_http::is_cached(asked, etag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    let body = if prefab_http::choose_encoding(asked, &["gzip"]).is_some() {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        file.gzip.clone()
    } else {
        file.plain.clone()
    };
    *response.body_mut() = body.into();
    response
}

#[cfg(test)]
mod tests;
