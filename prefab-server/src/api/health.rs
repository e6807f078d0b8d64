//! Health checks and metrics.

use std::borrow::Cow;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use tracing::debug;

use crate::api::{error::ApiError, state::App};
use prefab_service::{
    metrics::{RequestLabels, StoreMetrics},
    presence,
};
use prefab_store::{PoolStatus, StoreStatus};

/// The probe of one Java SDK release.
pub(super) async fn hello() -> &'static str {
    "hello"
}

/// Responds as long as the process serves requests.
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// Responds with 503 while the server is stopping, if the database file cannot be read, if it was damaged at the start, or if a
/// newer version has upgraded the database so that this one must not write it.
///
/// While a database server does not answer, clients are served from memory, so the response is 200 and contains since when.
pub(super) async fn readyz(State(app): State<App>) -> (StatusCode, Cow<'static, str>) {
    let unavailable = |cause: &'static str| (StatusCode::SERVICE_UNAVAILABLE, cause.into());
    if *app.stop.borrow() {
        return unavailable("stopping");
    }
    if app.is_damaged {
        return unavailable("the database is damaged");
    }
    if app.project_cache.store().is_outdated() {
        return unavailable("a newer version has upgraded the database; upgrade this server");
    }
    match down_since(&app).await {
        None => (StatusCode::OK, "ok".into()),
        Some(since) if app.readiness.is_remote => {
            let since = Timestamp::from_millisecond(since).unwrap_or_default();
            let state = format!("ok; serving from memory, the database has not answered since {since:.0}");
            (StatusCode::OK, state.into())
        }
        Some(_) => unavailable("the database does not answer"),
    }
}

/// Returns since when the database does not answer.
async fn down_since(app: &App) -> Option<i64> {
    let ping = async { app.project_cache.store().ping().await.is_ok() };
    app.readiness.down_since(app.clock.now_millis(), ping).await
}

/// Returns the metrics.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    app.metrics.streams.set(gauge(app.limits.streams()));
    let StoreMetrics { up, listening, connections_in_use, connections, connections_max, servers, clients } =
        &app.metrics.store;
    up.set(down_since(&app).await.is_none().into());
    let StoreStatus { is_listening, pool, .. } = app.project_cache.store().status();
    listening.set(is_listening.unwrap_or_default().into());
    let PoolStatus { in_use, open, most } = pool.unwrap_or(PoolStatus { in_use: 0, open: 0, most: 0 });
    connections_in_use.set(gauge(in_use));
    connections.set(gauge(open));
    connections_max.set(gauge(most));
    servers.set(gauge(1 + app.presence.other_servers().len()));
    clients.set(i64::try_from(presence::all_clients(&app)).unwrap_or(i64::MAX));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text())
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Responds to unknown paths, to gRPC clients with a gRPC status.
pub(super) async fn not_found(headers: HeaderMap) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/grpc") {
        return ApiError::NotFound.into_response();
    }
    let mut response = Response::default();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    // 12 is "unimplemented".
    fields.insert("grpc-status", HeaderValue::from_static("12"));
    response
}

/// Counts and logs every request. The log contains the route, because a path can contain an API key.
pub(super) async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "HEAD" => "HEAD",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics.requests.get_or_create(&RequestLabels { method, status }).inc();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    debug!(method, route, status, "request handled");
    response
}
