//! The routes.
//!
//! Start with [`router`]. Paths are those of the official service, with and without a trailing slash, because a redirect
//! would turn a POST into a GET.

use axum::{
    Router, middleware,
    routing::{get, post},
};

use super::{bodies, cors, health, management, official, ofrep, sdk, security_headers, state::App};
use crate::stalled;

/// Returns the router of all endpoints.
pub(crate) fn router(app: App) -> Router {
    let grpc = sdk::grpc::service(app.clone());
    Router::new()
        .nest("/api/v1", v1())
        .nest("/api/v2", v2())
        .merge(management::router())
        .merge(ofrep::router(&app))
        .merge(prefab_page::router())
        // The official local server has no prefix.
        .merge(for_browsers(
            Router::new().route("/configs/eval-with-context/{contexts}", get(sdk::evaluate::v2)),
        ))
        .route("/hello", get(health::hello))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route_service("/prefab.ConfigService/{method}", grpc)
        .fallback(health::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), management::last_id::add))
        .layer(middleware::from_fn_with_state(app.clone(), bodies::limit))
        .layer(middleware::from_fn_with_state(app.clone(), security_headers::add))
        .layer(middleware::from_fn_with_state(app.clone(), health::count))
        .layer(middleware::map_response(stalled::chunked))
        .with_state(app)
}

fn v1() -> Router<App> {
    let evaluations = Router::new()
        .route("/configs/eval-with-context/{contexts}", get(sdk::evaluate::v1))
        .route("/configs/eval/{identity}", get(sdk::evaluate::identity))
        .route("/configs/eval/{key}/{identity}", get(sdk::evaluate::identity_with_key));
    sdk()
        .merge(for_browsers(evaluations))
        .route("/config", post(official::configs::create))
        .route("/config/", post(official::configs::create))
        .route("/config/set-default", post(official::configs::set_default))
        .route("/config/set-default/", post(official::configs::set_default))
        .route("/config/assign-variant", post(official::variant::assign))
        .route("/config/remove-variant", post(official::variant::remove))
        .route("/configs/download", get(official::download::datafile))
        .route("/configs/download-unfiltered", get(official::download::unfiltered))
        .route("/change-history", get(official::history::changes))
        .route("/config/key/{key}", get(official::configs::get).delete(official::configs::delete))
        .route("/config-recipes/feature-flag/boolean", post(official::configs::boolean_flag))
        .route("/evaluation-stats/{key}", get(official::configs::evaluation_stats))
        .route("/project-environments", get(official::configs::environments))
        // Clients before 2022-08 use the path `config`.
        .route("/config/{a}/{b}/{id}", get(sdk::configs::get))
}

fn v2() -> Router<App> {
    let evaluations = Router::new().route("/configs/eval-with-context/{contexts}", get(sdk::evaluate::v2));
    sdk().merge(for_browsers(evaluations)).route("/configs", get(sdk::quonfig::configs))
}

/// Allows web pages of every origin to use the routes.
fn for_browsers(routes: Router<App>) -> Router<App> {
    routes.layer(middleware::from_fn(cors::layer))
}

fn sdk() -> Router<App> {
    let router = Router::new()
        .route("/configs/{id}", get(sdk::configs::get))
        .route("/configs/{a}/{b}/{id}", get(sdk::configs::get))
        .route("/sse/config", get(sdk::stream::get));
    let router = router.merge(for_browsers(
        Router::new()
            .route("/telemetry", post(sdk::telemetry::events))
            .route("/telemetry/", post(sdk::telemetry::events)),
    ));
    [
        ("/known-loggers", post(sdk::telemetry::known_loggers)),
        ("/context-shapes", post(sdk::telemetry::context_shapes)),
        ("/evaluated-keys", post(sdk::telemetry::evaluated)),
        ("/evaluated-configs", post(sdk::telemetry::evaluated)),
    ]
    .into_iter()
    .fold(router, |router, (path, method)| {
        router.route(path, method.clone()).route(&format!("{path}/"), method)
    })
}
