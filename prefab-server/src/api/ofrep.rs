//! The OpenFeature Remote Evaluation Protocol (OFREP), which OpenFeature clients of every language speak.
//!
//! Start with [`router`]. [`flag`] evaluates one flag, for servers; [`flags`] evaluates all flags that the caller may read,
//! for browsers; [`stream`] notifies browsers of changes.

mod caller;
mod flag;
mod flags;
mod refusal;
mod stream;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use http::{HeaderValue, header};
use prefab_service::metrics::OfrepLabels;

use super::{cors, state::App};

const FLAGS: &str = "/ofrep/v1/evaluate/flags";
const STREAM: &str = "/ofrep/v1/stream";

/// Returns the routes, which web pages of every origin may use.
pub(super) fn router(app: &App) -> Router<App> {
    Router::new()
        .route(FLAGS, post(flags::evaluate))
        .route("/ofrep/v1/evaluate/flags/", post(flags::evaluate))
        .route("/ofrep/v1/evaluate/flags/{*key}", post(flag::evaluate))
        .route(STREAM, get(stream::get))
        .layer(middleware::from_fn_with_state(app.clone(), count))
        .layer(middleware::from_fn(cors::any_header))
}

/// Counts the requests.
async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let endpoint = match route.as_ref().map(MatchedPath::as_str) {
        Some(STREAM) => "stream",
        Some(path) if path.ends_with("{*key}") => "flag",
        _ => "flags",
    };
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics.ofrep_requests.get_or_create(&OfrepLabels { endpoint, status }).inc();
    response
}

/// Returns a response with JSON.
fn json(body: String) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
