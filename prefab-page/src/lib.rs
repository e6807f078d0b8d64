//! Which files does the web page of a server consist of, and how are they served?
//!
//! Start with [`router`]. The page is static: the browser reads everything it shows from the public management API, so
//! the server serves the files without further logic.

mod files;
mod preload;
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

/// The content security policy: only scripts and styles of this origin run, and no inline code.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      report-uri /page/csp-reports";

/// Returns the routes of the page: `/`, `/sign-up`, `/reset`, `/account/…` and its files under `/page/`.
///
/// If the environment variable `PREFAB_PAGE_ASSETS` names a folder, every request reads its file from there. This serves
/// development of the page.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let files = Arc::new(Files::new(std::env::var_os("PREFAB_PAGE_ASSETS").map(Into::into)));
    let reports = Arc::new(Reports::default());
    let shell = {
        let files = Arc::clone(&files);
        move |headers: HeaderMap| std::future::ready(respond(files.get("index.html"), &headers, REVALIDATE))
    };
    let file = move |Path(name): Path<String>, headers: HeaderMap| {
        let (name, caching) = match files.without_version(&name) {
            Some(name) => (name, IMMUTABLE),
            None => (&*name, REVALIDATE),
        };
        std::future::ready(respond(files.get(name), &headers, caching))
    };
    let shown = Arc::clone(&reports);
    Router::new()
        .route("/", get(shell.clone()))
        .route("/sign-up", get(shell.clone()))
        .route("/reset", get(shell.clone()))
        .route("/account", get(shell.clone()))
        .route("/account/{*rest}", get(shell))
        .route("/page/{*name}", get(file))
        .route(
            "/page/csp-reports",
            post(move |body: Body| async move { reports.record(body).await })
                .get(move || std::future::ready(shown.summary())),
        )
}

/// The browser revalidates each time and receives 304, so an updated server never serves an old page.
const REVALIDATE: &str = "no-cache";
/// The address contains the version of the files, so the browser keeps them without another request.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Returns the response with a file, 304 if the browser has it, or 404 if there is none.
fn respond(file: Option<Arc<File>>, request: &HeaderMap, caching: &'static str) -> Response {
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
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    fields.insert(header::ETAG, file.etag.clone());
    if file.etag.to_str().is_ok_and(|etag| prefab_http::is_cached(request, etag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    let body = if prefab_http::choose_encoding(request, &["gzip"]).is_some() {
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
