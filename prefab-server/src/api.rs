//! The endpoints.
//!
//! Start with [`router`]: which path is answered by what. Paths are those of the official service, with and
//! without a slash at the end, since a redirect would turn a POST into a GET.

mod bodies;
mod caller;
mod configs;
mod cors;
mod download;
mod error;
mod evaluate;
mod grpc;
mod health;
mod history;
mod manage;
mod origin;
mod public;
mod ready;
mod stream;
mod telemetry;
mod variant;

use std::{ops::Deref, path::Path, sync::Arc, time::Instant};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    evaluate::cache::Cache,
    hub::Hub,
    limits::Usage,
    metrics::Metrics,
    people::Entrance,
    stalled,
    telemetry::Telemetry,
    workers::{Kind, Workers},
};
use prefab_core::ids::ProjectId;

pub(crate) use error::ApiError;
pub(crate) use origin::{Origin, Peer};
pub(crate) use public::Leases;
pub(crate) use ready::Readiness;

/// Where files are imported, which may be larger than other bodies.
const IMPORT: &str = "/api/manage/v1/projects/{project}/import";
const MOST_IMPORTED: usize = 256 << 20;

/// What every endpoint may use. Each request takes several handles on it, so one is a single count.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

/// What an [`App`] has.
pub(crate) struct Parts {
    pub(crate) hub: Arc<Hub>,
    pub(crate) limits: Usage,
    pub(crate) workers: Workers,
    pub(crate) evaluations: Cache,
    pub(crate) metrics: Metrics,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) entrance: Arc<Entrance>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) readiness: Readiness,
    pub(crate) started_millis: i64,
    /// Where files may be written.
    pub(crate) data_dir: Arc<Path>,
    /// Turns true when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl App {
    /// Runs CPU-heavy work of a request on a worker thread.
    ///
    /// The work receives the moment at which its caller stops waiting; long loops should check it.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        project: ProjectId,
        work: impl FnOnce(Instant) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.workers.run(Kind::Manage, Some(project), work).await?
    }

    /// Answers with the result of CPU-heavy work as JSON; a worker thread serializes it, too.
    pub(crate) async fn json<T: Serialize>(
        &self,
        project: ProjectId,
        work: impl FnOnce(Instant) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        self.work(project, move |deadline| Ok(Json(work(deadline)?).into_response())).await
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Says which path is answered by what.
pub(crate) fn router(app: App) -> Router {
    let grpc = grpc::service(app.clone());
    Router::new()
        .nest("/api/v1", v1())
        .nest("/api/v2", v2())
        .merge(public::router())
        .merge(prefab_page::router())
        // The official local server has no prefix.
        .merge(for_browsers(Router::new().route("/configs/eval-with-context/{contexts}", get(evaluate::v2))))
        .route("/hello", get(health::hello))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route_service("/prefab.ConfigService/{method}", grpc)
        .fallback(health::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), bodies::limit))
        .layer(middleware::from_fn_with_state(app.clone(), health::count))
        .layer(middleware::map_response(stalled::chunked))
        .with_state(app)
}

fn v1() -> Router<App> {
    let evaluations = Router::new()
        .route("/configs/eval-with-context/{contexts}", get(evaluate::v1))
        .route("/configs/eval/{identity}", get(evaluate::identity))
        .route("/configs/eval/{key}/{identity}", get(evaluate::identity_with_key));
    sdk()
        .merge(for_browsers(evaluations))
        .route("/config", post(manage::create))
        .route("/config/", post(manage::create))
        .route("/config/set-default", post(manage::set_default))
        .route("/config/set-default/", post(manage::set_default))
        .route("/config/assign-variant", post(variant::assign))
        .route("/config/remove-variant", post(variant::remove))
        .route("/configs/download", get(download::datafile))
        .route("/configs/download-unfiltered", get(download::unfiltered))
        .route("/change-history", get(history::changes))
        .route("/config/key/{key}", get(manage::get).delete(manage::delete))
        .route("/config-recipes/feature-flag/boolean", post(manage::boolean_flag))
        .route("/evaluation-stats/{key}", get(manage::evaluation_stats))
        .route("/project-environments", get(manage::environments))
        // Before 2022-08 the path said `config`.
        .route("/config/{a}/{b}/{id}", get(configs::get))
}

fn v2() -> Router<App> {
    let evaluations = Router::new().route("/configs/eval-with-context/{contexts}", get(evaluate::v2));
    sdk().merge(for_browsers(evaluations))
}

/// Opens routes to web pages of every origin.
fn for_browsers(routes: Router<App>) -> Router<App> {
    routes.layer(middleware::from_fn(cors::layer))
}

fn sdk() -> Router<App> {
    let router = Router::new()
        .route("/configs/{id}", get(configs::get))
        .route("/configs/{a}/{b}/{id}", get(configs::get))
        .route("/sse/config", get(stream::get));
    let router = router.merge(for_browsers(
        Router::new()
            .route("/telemetry", post(telemetry::events))
            .route("/telemetry/", post(telemetry::events)),
    ));
    [
        ("/known-loggers", post(telemetry::known_loggers)),
        ("/context-shapes", post(telemetry::context_shapes)),
        ("/evaluated-keys", post(telemetry::evaluated)),
        ("/evaluated-configs", post(telemetry::evaluated)),
    ]
    .into_iter()
    .fold(router, |router, (path, method)| {
        router.route(path, method.clone()).route(&format!("{path}/"), method)
    })
}

/// The largest JSON body that is parsed where it was read: parsing it takes less than a millisecond.
const SMALL_BODY: usize = 64 << 10;

/// Parses a JSON body, large ones on a worker thread.
async fn parse<T: Send + 'static>(
    app: &App,
    bytes: Bytes,
    parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if bytes.len() <= SMALL_BODY {
        return parse(&bytes);
    }
    app.workers.run(Kind::Manage, None, move |_| parse(&bytes)).await?
}

/// Reads a body up to a bound.
async fn read(body: Body, most: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge(most)),
        Err(error) => Err(ApiError::invalid(error.to_string())),
    }
}
