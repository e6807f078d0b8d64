//! Telemetry endpoints, in all historic formats.

use std::time::Instant;

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, header};
use prefab_proto::wire;
use prost::Message;

use crate::api::{body::text, error::ApiError, sdk::api_key::Anyone, state::App};
use prefab_service::{project_cache::Caller, telemetry::json, workers::Kind};

/// The maximum size of a report that is decoded on the async thread, which takes less than a millisecond.
const MAX_INLINE_BYTES: usize = 16 << 10;

/// Handles `telemetry`. The Go SDK accepts only status 200, and browsers expect JSON.
pub(crate) async fn events(
    State(app): State<App>,
    Anyone(caller): Anyone,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = read(&app, &caller, body).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.starts_with("application/json") || kind.starts_with("text/plain");
    let this = app.clone();
    take(&app, bytes, move |bytes| {
        let events = if is_json {
            let json =
                serde_json::from_str(text(&bytes)?).map_err(|error| ApiError::invalid(error.to_string()))?;
            json::events(&json)
        } else {
            decode(bytes)?
        };
        this.telemetry.record(&caller, events);
        Ok(())
    })
    .await?;
    Ok(if is_json {
        ([(header::CONTENT_TYPE, "application/json")], r#"{"success":true}"#).into_response()
    } else {
        let success = wire::TelemetryEventsResponse { success: true }.encode_to_vec();
        ([(header::CONTENT_TYPE, "application/x-protobuf")], success).into_response()
    })
}

/// Handles the older `known-loggers`.
pub(crate) async fn known_loggers(
    State(app): State<App>,
    Anyone(caller): Anyone,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = read(&app, &caller, body).await?;
    let this = app.clone();
    take(&app, bytes, move |bytes| {
        let wire::Loggers { loggers, start_at, end_at, instance_hash, namespace: _ } = decode(bytes)?;
        let event = wire::LoggersTelemetryEvent { loggers, start_at, end_at };
        record(&this, &caller, instance_hash, wire::telemetry_event::Payload::Loggers(event));
        Ok(())
    })
    .await?;
    Ok(empty())
}

/// Handles the older `context-shapes`.
pub(crate) async fn context_shapes(
    State(app): State<App>,
    Anyone(caller): Anyone,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = read(&app, &caller, body).await?;
    let this = app.clone();
    take(&app, bytes, move |bytes| {
        let shapes = wire::telemetry_event::Payload::ContextShapes(decode(bytes)?);
        record(&this, &caller, String::new(), shapes);
        Ok(())
    })
    .await?;
    Ok(empty())
}

/// Handles `evaluated-keys` and `evaluated-configs` of a few SDK releases. Their size is counted; the content is not stored.
pub(crate) async fn evaluated(
    State(app): State<App>,
    Anyone(caller): Anyone,
    body: Body,
) -> Result<Response, ApiError> {
    read(&app, &caller, body).await?;
    Ok(empty())
}

fn record(app: &App, caller: &Caller, instance_hash: String, payload: wire::telemetry_event::Payload) {
    let events = vec![wire::TelemetryEvent { payload: Some(payload) }];
    let events = wire::TelemetryEvents { instance_hash, events };
    app.telemetry.record(caller, events);
}

async fn read(app: &App, caller: &Caller, body: Body) -> Result<Bytes, ApiError> {
    let bytes = crate::api::body::read(body, app.limits.limits().body_bytes).await?;
    app.metrics.telemetry_bytes.inc_by(bytes.len() as u64);
    if app.limits.telemetry(caller.key_id, caller.kind, bytes.len(), Instant::now()) {
        Ok(bytes)
    } else {
        app.metrics.telemetry_dropped.inc();
        Err(ApiError::TooMuch)
    }
}

/// Decodes and counts a report. Large reports are decoded on a worker thread.
async fn take(
    app: &App,
    bytes: Bytes,
    take: impl FnOnce(Bytes) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    if bytes.len() <= MAX_INLINE_BYTES {
        return take(bytes);
    }
    app.workers.run(Kind::Telemetry, None, move |_| take(bytes)).await?
}

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, ApiError> {
    M::decode(bytes).map_err(|error| ApiError::invalid(error.to_string()))
}

fn empty() -> Response {
    ([(header::CONTENT_TYPE, "application/x-protobuf")], ()).into_response()
}
