//! Evaluation for front ends, which get values and never rules.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use http::{HeaderValue, header};
use prefab_core::ContextSet;
use serde::Deserialize;
use serde_json::Value;

use super::{ApiError, App, caller::Anyone};
use crate::{
    auth,
    evaluate::{self, Shape, contexts},
    hub::Caller,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collect {
    collect_context_mode: Option<String>,
}

/// Answers as clients since 0.4 want it.
pub(super) async fn v2(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
    Query(collect): Query<Collect>,
) -> Result<Response, ApiError> {
    let contexts = contexts::from_json(&decode(&encoded)?).map_err(ApiError::invalid)?;
    Ok(answer(&app, &caller, &contexts, &collect, Shape::V2))
}

/// Answers as older clients want it: the protobuf message in proto3 JSON.
pub(super) async fn v1(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
    Query(collect): Query<Collect>,
) -> Result<Response, ApiError> {
    let contexts = contexts::from_json(&decode(&encoded)?).map_err(ApiError::invalid)?;
    Ok(answer(&app, &caller, &contexts, &collect, Shape::V1))
}

/// Answers the clients of 2022, which send a lookup key and attributes.
pub(super) async fn identity(
    State(app): State<App>,
    Anyone(caller): Anyone,
    Path(encoded): Path<String>,
) -> Result<Response, ApiError> {
    let contexts = contexts::from_identity(&decode(&encoded)?);
    Ok(answer(&app, &caller, &contexts, &Collect { collect_context_mode: None }, Shape::V1))
}

/// Answers the very first release, whose key is in the path.
pub(super) async fn identity_with_key(
    State(app): State<App>,
    Path((key, encoded)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = auth::LENIENT.decode(key.trim()).ok().and_then(|key| String::from_utf8(key).ok());
    let caller = key.and_then(|key| app.hub.caller(&key)).ok_or(ApiError::Unauthorized)?;
    let contexts = contexts::from_identity(&decode(&encoded)?);
    Ok(answer(&app, &caller, &contexts, &Collect { collect_context_mode: None }, Shape::V1))
}

fn answer(app: &App, caller: &Caller, contexts: &ContextSet, collect: &Collect, shape: Shape) -> Response {
    app.metrics.evaluations.inc();
    // The browser reports no contexts itself; it says here what the server may keep.
    let mode = collect.collect_context_mode.as_deref();
    let is_example = mode == Some("PERIODIC_EXAMPLE");
    if is_example || mode == Some("SHAPE_ONLY") {
        app.telemetry.record_contexts(caller, contexts, is_example);
    }
    let json = evaluate::all(&caller.channel.ruleset(), contexts, caller, shape);
    let mut response = Json(json).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    fields.insert(header::VARY, HeaderValue::from_static("authorization"));
    response
}

fn decode(encoded: &str) -> Result<Value, ApiError> {
    let bytes = auth::LENIENT
        .decode(encoded.trim())
        .map_err(|error| ApiError::invalid(format!("the contexts are not base64: {error}")))?;
    // Clients before 0.3.5 sent Latin-1, in which every byte is a character.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
    serde_json::from_str(&text)
        .map_err(|error| ApiError::invalid(format!("the contexts are not JSON: {error}")))
}
