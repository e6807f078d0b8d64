//! Event streams that notify browsers of changes. A client then evaluates all flags again.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use prefab_publish::Protocol;
use prefab_service::{
    limits::StreamPermit,
    project_cache::Caller,
    subscription::{StreamEvent, Subscription},
};
use prefab_store::key::KeyKind;
use serde::Deserialize;
use serde_json::json;

use super::refusal::Refusal;
use crate::api::state::App;

/// How long changes are collected into one event.
const COLLECT_INTERVAL: Duration = Duration::from_millis(100);
/// The shortest delay before a client reconnects. The delays of clients are spread over [`RETRY_SPREAD_MILLIS`].
const MIN_RETRY_MILLIS: u64 = 1_000;
const RETRY_SPREAD_MILLIS: u64 = 4_000;
const KEEP_ALIVE: Bytes = Bytes::from_static(b": keepalive\n\n");

#[derive(Deserialize)]
pub(super) struct StreamQuery {
    #[serde(default)]
    token: String,
}

/// Handles `stream`.
pub(super) async fn get(
    State(app): State<App>,
    query: Result<Query<StreamQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Query(StreamQuery { token }) = query.map_err(|_| Refusal::unauthorized(None))?;
    let caller = app.project_cache.caller_of_stream_token(&token).await;
    let caller = caller.ok_or_else(|| Refusal::unauthorized(None))?;
    let Some(permit) = app.limits.stream(caller.key_id) else {
        app.metrics.streams_refused.inc();
        return Err(Refusal::too_many(None, "too many streams are open with this key"));
    };
    let events = Events::new(app, caller, cursor(&headers), permit);
    let events = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    let mut response = Response::new(Body::from_stream(events));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // Disables buffering in nginx.
    fields.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Returns the version of the last event that the client has.
fn cursor(headers: &HeaderMap) -> i64 {
    let id = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    id.unwrap_or(0)
}

/// The event stream of one client.
struct Events {
    app: App,
    subscription: Subscription,
    /// Whether the client needs the delay before it reconnects.
    is_new: bool,
}

impl Events {
    fn new(app: App, caller: Caller, cursor: i64, permit: StreamPermit) -> Self {
        app.metrics.ofrep_streams.inc();
        let subscription = Subscription::open(&app, caller, Protocol::Ofrep, permit, cursor);
        Self { app, subscription, is_new: true }
    }

    /// Returns the next bytes to send, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_new {
            self.is_new = false;
            let spread = u64::from(getrandom::u32().unwrap_or_default()) % RETRY_SPREAD_MILLIS;
            return Some(format!("retry: {}\n\n", MIN_RETRY_MILLIS + spread).into());
        }
        loop {
            match self.subscription.next().await? {
                StreamEvent::KeepAlive => return Some(KEEP_ALIVE),
                StreamEvent::Changed(_) => {
                    tokio::time::sleep(COLLECT_INTERVAL).await;
                    let caller = &self.subscription.caller;
                    let snapshot = caller.channel.snapshot();
                    let sent = self.subscription.sent();
                    // A client without a version may have missed any change.
                    let concerns_client =
                        sent == 0 || caller.kind != KeyKind::Frontend || snapshot.has_front_end_change(sent);
                    self.subscription.mark_sent(snapshot.last_id);
                    if concerns_client {
                        self.app.metrics.ofrep_stream_events.inc();
                        return Some(event(snapshot.last_id, self.app.clock.now_millis()));
                    }
                }
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.app.metrics.ofrep_streams.dec();
    }
}

fn event(version: i64, now_millis: i64) -> Bytes {
    let data = json!({
        "type": "refetchEvaluation",
        "etag": version.to_string(),
        "lastModified": now_millis.div_euclid(1_000),
    });
    format!("id: {version}\ndata: {data}\n\n").into()
}
