//! Evaluates all flags that the caller may read.

use std::{sync::Arc, time::Duration, time::Instant};

use axum::{
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prefab_service::{
    evaluate::cache::{self, Computed, Inputs},
    ofrep::{EvaluationRequest, Evaluator, MAX_BODY_BYTES, PublishedVersion},
    project_cache::Caller,
    workers::Kind,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    STREAM,
    caller::OfrepCaller,
    refusal::{Refusal, TOO_MANY_EVALUATIONS},
};
use crate::api::{body, evaluation_body, state::App};

/// How long a request waits for a version of another server.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// How long a client with an event stream may be inactive before it closes the stream.
const INACTIVITY_SECONDS: u32 = 120;

/// The query of a request that follows an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refetch {
    /// The version that the event announced.
    flag_config_etag: Option<String>,
}

/// Handles `evaluate/flags`.
pub(super) async fn evaluate(
    State(app): State<App>,
    OfrepCaller(caller): OfrepCaller,
    refetch: Result<Query<Refetch>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    app.metrics.evaluations.inc();
    let bytes = body::read(body, MAX_BODY_BYTES).await.map_err(|error| Refusal::body(None, &error))?;
    // A query that cannot be read is ignored: the client receives the current values.
    let is_behind = match refetch {
        Ok(Query(refetch)) => !wait_for(&app, &caller, refetch).await,
        Err(_) => false,
    };
    let inputs = Inputs::of(&caller, &bytes, "ofrep");
    // Only an evaluation that depends on its inputs alone has this tag.
    let etag = inputs.etag();
    // After the announcement of a newer version, 304 would hide the change from the client.
    if !is_behind && is_cached(&headers, &etag) {
        return Ok(respond(&etag, None));
    }
    let is_gzip = evaluation_body::accepts_gzip(&headers);
    let cached_as = if is_gzip { inputs.compressed() } else { inputs };
    let computed = if let Some(computed) = app.evaluations.get(caller.environment, &cached_as) {
        computed
    } else {
        let environment = caller.environment;
        let computed = compute(&app, caller, bytes, inputs, is_gzip).await?;
        app.evaluations.insert(environment, cached_as, &computed);
        computed
    };
    let body = (is_behind || !is_cached(&headers, &computed.etag)).then_some(&computed.body);
    Ok(respond(&computed.etag, body))
}

/// Waits until this server has the version that an event announced, and returns whether it has. Another server may have
/// published it.
async fn wait_for(app: &App, caller: &Caller, refetch: Refetch) -> bool {
    let announced = refetch.flag_config_etag.and_then(|etag| etag.trim_matches('"').parse::<i64>().ok());
    let Some(version) = announced.filter(|version| *version > caller.channel.snapshot().last_id) else {
        return true;
    };
    let Ok(_permit) = app.waiting_refetches.try_acquire() else { return false };
    app.project_cache.catch_up(caller, version, MAX_WAIT).await
}

/// Evaluates on a worker thread.
async fn compute(
    app: &App,
    caller: Caller,
    body: Bytes,
    inputs: Inputs,
    is_gzip: bool,
) -> Result<Arc<Computed>, Refusal> {
    let request = EvaluationRequest::parse(&body).map_err(|failure| Refusal::invalid(None, failure))?;
    if !app.limits.evaluation(caller.key_id, Instant::now()) {
        app.metrics.evaluations_refused.inc();
        return Err(Refusal::too_many(None, TOO_MANY_EVALUATIONS));
    }
    let (this, project, now_millis) = (app.clone(), caller.project.id, app.clock.now_millis());
    let streams = if app.ofrep_streams { streams(app, &caller) } else { None };
    let computed = app.workers.run(Kind::Evaluate, Some(project), move |deadline| {
        // Read after the inputs, so that the ruleset may be newer than the inputs but not older.
        let (ruleset, last_id) = caller.channel.ruleset_with_id();
        let published = PublishedVersion { ruleset: &ruleset, last_id };
        let evaluator = Evaluator::new(published, &request, &caller, now_millis);
        let (json, depends_on) = evaluator.all(&this.shared_texts, &caller, streams.as_deref(), deadline)?;
        let etag = inputs.etag_of(depends_on, json.as_bytes());
        let body = evaluation_body::body(json, is_gzip);
        Ok(Arc::new(Computed::new(etag, body, depends_on, now_millis)))
    });
    computed.await.and_then(|computed| computed).map_err(|busy| Refusal::busy(None, busy))
}

/// Returns the member `eventStreams`. It is the same for each request of an API key, so that clients keep their stream.
fn streams(app: &App, caller: &Caller) -> Option<String> {
    let token = app.project_cache.stream_token(caller.key_id)?;
    // Without an origin: the client uses the one that it sends requests to.
    let endpoint = json!({ "requestUri": format!("{STREAM}?token={token}") });
    Some(
        json!([{ "type": "sse", "endpoint": endpoint, "inactivityDelaySec": INACTIVITY_SECONDS }])
            .to_string(),
    )
}

/// The end of the tag of a compressed body. A strong tag identifies the exact bytes.
const COMPRESSED: &str = "-gzip\"";

/// Returns whether the client has the body, compressed or not.
fn is_cached(headers: &HeaderMap, etag: &str) -> bool {
    prefab_http::is_cached(headers, etag) || prefab_http::is_cached(headers, &strong(etag, true))
}

/// Returns the strong form of a tag.
fn strong(etag: &str, is_gzip: bool) -> String {
    let etag = etag.strip_prefix("W/").unwrap_or(etag);
    match etag.strip_suffix('"') {
        Some(start) if is_gzip => format!("{start}{COMPRESSED}"),
        _ => etag.to_owned(),
    }
}

/// Returns the body, or 304 without one. Only the browser may cache it, and must revalidate it.
fn respond(etag: &str, body: Option<&cache::Body>) -> Response {
    let mut response = Response::default();
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("authorization, x-api-key, accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(strong(etag, body.is_some_and(|body| body.is_gzip))) {
        fields.insert(header::ETAG, etag);
    }
    let Some(cache::Body { bytes, is_gzip }) = body else {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    };
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if *is_gzip {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = Body::from(bytes.clone());
    response
}
