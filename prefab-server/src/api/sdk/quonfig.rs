//! Checkpoints of the Quonfig SDKs: all configs as one JSON document.
//!
//! The SDKs take 401, 403, 404 and 410 for a key that is not valid, and then wait for minutes. No other failure may have one of
//! these statuses.

use std::sync::Arc;

use axum::{body::Body, extract::State};
use http::{HeaderMap, HeaderValue, Response};
use prefab_publish::{Envelope, Snapshot};
use prefab_service::{
    project_cache::Caller,
    workers::{Busy, Kind},
};
use tracing::warn;

use super::configs;
use crate::api::{error::ApiError, sdk::api_key::Backend, state::App};

/// The number of configs that the response does not contain, because the SDKs cannot read them.
const OMITTED: &str = "x-prefab-omitted-configs";

/// Returns whether a request is one of a Quonfig SDK. Its stream has the path of the others, and another format.
pub(super) fn is_client(headers: &HeaderMap) -> bool {
    headers.contains_key("x-quonfig-sdk-version")
}

/// Handles `configs` without an id, which no other SDK requests.
pub(crate) async fn configs(
    State(app): State<App>,
    Backend(caller): Backend,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    app.metrics.checkpoints.inc();
    let snapshot = caller.channel.snapshot();
    if let Some(envelope) = snapshot.cached_envelope()
        && envelope.response.has(configs::coding(&headers))
    {
        return Ok(respond(&envelope, &headers));
    }
    let envelope = envelope(&app, &caller, snapshot).await?;
    let compress = move || respond(&envelope, &headers);
    Ok(app.workers.run_always(Kind::Publish, Some(caller.project.id), compress).await?)
}

fn respond(envelope: &Envelope, headers: &HeaderMap) -> Response<Body> {
    let mut response = configs::respond(&envelope.response, "application/json", headers);
    if !envelope.omitted.is_empty() {
        response.headers_mut().insert(OMITTED, HeaderValue::from(envelope.omitted.len()));
    }
    response
}

/// Returns the document of a snapshot. Encodes it on a worker thread if no client has requested it yet.
pub(super) async fn envelope(
    app: &App,
    caller: &Caller,
    snapshot: Arc<Snapshot>,
) -> Result<Arc<Envelope>, Busy> {
    if let Some(envelope) = snapshot.cached_envelope() {
        return Ok(envelope);
    }
    let (project, environment) = (caller.project.id, caller.environment);
    let encode = move || {
        let envelope = snapshot.envelope();
        for config in &envelope.omitted {
            let (key, reason) = (&*config.key, config.reason);
            warn!(%project, %environment, key, reason, "config omitted from the payload of Quonfig SDKs");
        }
        envelope
    };
    app.workers.run_always(Kind::Publish, Some(project), encode).await
}
