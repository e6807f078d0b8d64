//! Evaluation for front ends, which receive values and never rules.
//!
//! Start with [`answer`]. A result that is cached, or that the client has already, costs no evaluation. All others
//! are computed on worker threads, at a bounded rate per API key. The contexts are part of the URL, which is at
//! most 64 KiB long.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    response::Response,
};
use base64::Engine as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prefab_core::ContextSet;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{error::ApiError, evaluation_body, sdk::api_key::Anyone, state::App};
use crate::auth;
use prefab_service::{
    evaluate::{
        self, ResponseFormat,
        cache::{self, Computed, Inputs},
        contexts, quonfig,
    },
    project_cache::Caller,
    workers::{Busy, Kind},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Collect {
    collect_context_mode: Option<String>,
}

/// Handles clients since 0.4.
pub(crate) async fn v2(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
    Query(collect): Query<Collect>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (sent, format) = Sent::contexts_of_any_sdk(&encoded)?;
    answer(&app, caller, sent, &collect, format, &headers).await
}

/// Handles older clients, which receive the protobuf message in proto3 JSON.
pub(crate) async fn v1(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
    Query(collect): Query<Collect>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let sent = Sent::contexts(&encoded)?;
    answer(&app, caller, sent, &collect, ResponseFormat::V1, &headers).await
}

/// Handles clients of 2022, which send a lookup key and attributes.
pub(crate) async fn identity(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let sent = Sent::identity(&encoded)?;
    answer(&app, caller, sent, &Collect { collect_context_mode: None }, ResponseFormat::V1, &headers).await
}

/// Handles the first release, whose API key is in the path.
pub(crate) async fn identity_with_key(
    State(app): State<App>,
    Path((key, encoded)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let key = auth::LENIENT.decode(key.trim()).ok().and_then(|key| String::from_utf8(key).ok());
    let key = key.ok_or(ApiError::Unauthorized)?;
    let caller = app.project_cache.caller(&key).await.ok_or(ApiError::Unauthorized)?;
    let sent = Sent::identity(&encoded)?;
    answer(&app, caller, sent, &Collect { collect_context_mode: None }, ResponseFormat::V1, &headers).await
}

/// The contexts of a request, as bytes and parsed.
struct Sent {
    bytes: Vec<u8>,
    contexts: ContextSet,
}

impl Sent {
    fn contexts(encoded: &str) -> Result<Self, ApiError> {
        let (bytes, json) = decode(encoded)?;
        Ok(Self { bytes, contexts: contexts::from_json(&json).map_err(ApiError::invalid)? })
    }

    /// Quonfig's SDKs have the same path and no header of their own, but another form of contexts.
    fn contexts_of_any_sdk(encoded: &str) -> Result<(Self, ResponseFormat), ApiError> {
        let (bytes, json) = decode(encoded)?;
        if let Some(contexts) = quonfig::contexts_from_json(&json) {
            return Ok((Self { bytes, contexts }, ResponseFormat::Quonfig));
        }
        let contexts = contexts::from_json(&json).map_err(ApiError::invalid)?;
        Ok((Self { bytes, contexts }, ResponseFormat::V2))
    }

    fn identity(encoded: &str) -> Result<Self, ApiError> {
        let (mut bytes, json) = decode(encoded)?;
        // The same bytes have a different meaning in the other format.
        bytes.extend_from_slice(b" identity");
        Ok(Self { bytes, contexts: contexts::from_identity(&json) })
    }
}

async fn answer(
    app: &App,
    caller: Caller,
    sent: Sent,
    collect: &Collect,
    format: ResponseFormat,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    app.metrics.evaluations.inc();
    let Sent { bytes, contexts } = sent;
    // Browsers do not report contexts; this header contains what the server may store.
    let mode = collect.collect_context_mode.as_deref();
    let is_example = mode == Some("PERIODIC_EXAMPLE");
    if is_example || mode == Some("SHAPE_ONLY") {
        app.telemetry.record_contexts(&caller, &contexts, is_example);
    }
    let inputs = Inputs::of(&caller, &bytes, format.name());
    let etag = inputs.etag();
    // Only an evaluation that depends on its inputs alone has an `ETag`.
    if prefab_http::is_cached(headers, &etag) {
        return Ok(respond(&etag, None));
    }
    let is_gzip = evaluation_body::accepts_gzip(headers);
    let cached_as = if is_gzip { inputs.compressed() } else { inputs };
    let computed = if let Some(computed) = app.evaluations.get(caller.environment, &cached_as) {
        computed
    } else {
        let environment = caller.environment;
        let computed = compute(app, caller, contexts, inputs, format, is_gzip).await?;
        app.evaluations.insert(environment, cached_as, &computed);
        computed
    };
    let body = (!prefab_http::is_cached(headers, &computed.etag)).then_some(&computed.body);
    Ok(respond(&computed.etag, body))
}

/// Evaluates on a worker thread.
async fn compute(
    app: &App,
    caller: Caller,
    contexts: ContextSet,
    inputs: Inputs,
    format: ResponseFormat,
    is_gzip: bool,
) -> Result<Arc<Computed>, ApiError> {
    if !app.limits.evaluation(caller.key_id, Instant::now()) {
        app.metrics.evaluations_refused.inc();
        return Err(ApiError::TooManyEvaluations);
    }
    let (this, project, now_millis) = (app.clone(), caller.project.id, app.clock.now_millis());
    let computed = app.workers.run(Kind::Evaluate, Some(project), move |deadline| {
        // The ruleset is read after the inputs, so it may be newer than the inputs but not older.
        let (json, depends_on) =
            evaluate::evaluate_all(&this.shared_texts, &contexts, &caller, format, now_millis, deadline)?;
        let etag = inputs.etag_of(depends_on, json.as_bytes());
        let body = evaluation_body::body(json, is_gzip);
        Ok::<_, Busy>(Arc::new(Computed::new(etag, body, depends_on, now_millis)))
    });
    Ok(computed.await??)
}

/// Returns the body, or 304 without one. Only the browser may cache it, and must revalidate it.
fn respond(etag: &str, body: Option<&cache::Body>) -> Response {
    let mut response = Response::default();
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("authorization, accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
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

fn decode(encoded: &str) -> Result<(Vec<u8>, Value), ApiError> {
    let bytes = auth::LENIENT
        .decode(encoded.trim())
        .map_err(|error| ApiError::invalid(format!("the contexts are not base64: {error}")))?;
    // Clients before 0.3.5 send Latin-1, in which every byte is a character.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
    let json = serde_json::from_str(&text)
        .map_err(|error| ApiError::invalid(format!("the contexts are not JSON: {error}")))?;
    Ok((text.into_bytes(), json))
}
