//! Event streams of SDKs: changes since the client's cursor, then every new change.

use std::{convert::Infallible, time::Duration};

use crate::{
    api::{
        error::ApiError,
        sdk::{
            api_key::Backend,
            quonfig, quonfig_stream,
            stream_response::{KEEP_ALIVE, PREAMBLE, respond},
        },
        state::App,
    },
    listen::Activity,
};
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Response};
use prefab_publish::{Encoding, Protocol};
use prefab_service::{
    limits::StreamPermit,
    project_cache::Caller,
    subscription::{StreamEvent, Subscription},
};
use serde::Deserialize;

/// The response if too many streams are open. Clients interpret status codes differently: some never retry, others retry
/// without a delay.
const TOO_MANY_STREAMS: Bytes = Bytes::from_static(b": too many streams for this key, try again\n\n");

#[derive(Deserialize)]
pub(crate) struct StreamQuery {
    format: Option<String>,
}

/// Handles `sse/config`.
pub(crate) async fn get(
    State(app): State<App>,
    activity: Option<Extension<Activity>>,
    caller: Result<Backend, ApiError>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let Backend(caller) = match caller {
        Ok(caller) => caller,
        Err(error) => {
            if matches!(error, ApiError::Unauthorized) {
                delay(&app, activity.as_deref()).await;
            }
            return Err(error);
        }
    };
    if quonfig::is_client(&headers) {
        return quonfig_stream::open(&app, caller, cursor(&headers)).await;
    }
    let Some(permit) = app.limits.stream(caller.key_id) else {
        app.metrics.streams_refused.inc();
        let busy = stream::iter([Ok::<_, Infallible>(TOO_MANY_STREAMS)]);
        return Ok(respond(Body::from_stream(busy)));
    };
    let form = if query.format.as_deref() == Some("json") { Encoding::Json } else { Encoding::Protobuf };
    let events = Events::new(&app, caller, cursor(&headers), form, permit);
    let events = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    Ok(respond(Body::from_stream(events)))
}

/// Delays a response with 401 by 1 to 2 seconds. Old clients reconnect without a pause, and a revoked key would make all of
/// them do so together.
///
/// The connection counts as idle during the delay, so that it does not keep new ones out. Beyond the maximum number of
/// delayed responses, there is no delay.
async fn delay(app: &App, activity: Option<&Activity>) {
    let Some(_permit) = app.limits.delayed_response() else { return };
    let _idle = activity.map(Activity::idle);
    let spread = u64::from(getrandom::u32().unwrap_or_default()) % 1_000;
    tokio::time::sleep(Duration::from_millis(1_000 + spread)).await;
}

/// Returns the last version that the client has. Generations of clients use different headers.
fn cursor(headers: &HeaderMap) -> i64 {
    let id = |name| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    // If a client sends both, the larger one is newer.
    id("x-prefab-start-at-id").max(id("last-event-id")).unwrap_or(0)
}

/// The event stream of one client. Events are encoded when they can be sent, so a client that does not read uses no
/// memory for them.
struct Events {
    subscription: Subscription,
    form: Encoding,
    next_step: Step,
}

/// What a stream sends next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The comment that opens the stream.
    Preamble,
    /// The first event. The editor server of the official tools waits for one, even if it has all configs.
    FirstEvent,
    /// The changes.
    Changes,
}

impl Events {
    fn new(app: &App, caller: Caller, cursor: i64, form: Encoding, permit: StreamPermit) -> Self {
        let protocol = if form == Encoding::Json { Protocol::SseJson } else { Protocol::Sse };
        Self {
            subscription: Subscription::open(app, caller, protocol, permit, cursor),
            form,
            next_step: Step::Preamble,
        }
    }

    /// Returns the next bytes to send, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        match self.next_step {
            Step::Preamble => {
                self.next_step = Step::FirstEvent;
                return Some(PREAMBLE);
            }
            Step::FirstEvent => {
                self.next_step = Step::Changes;
                let caller = &self.subscription.caller;
                let snapshot = caller.channel.snapshot();
                if snapshot.last_id == self.subscription.sent() {
                    return Some(snapshot.event_without_configs(&caller.audience, self.form));
                }
            }
            Step::Changes => {}
        }
        loop {
            match self.subscription.next().await? {
                StreamEvent::Changed(snapshot) => {
                    let batch = snapshot.batch(
                        self.subscription.sent(),
                        &self.subscription.caller.audience,
                        self.form,
                    );
                    self.subscription.mark_sent(batch.up_to);
                    if !batch.events.is_empty() {
                        return Some(batch.events);
                    }
                }
                StreamEvent::KeepAlive => return Some(KEEP_ALIVE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_in_either_header() {
        let check = |fields: &[(&'static str, &str)], id: i64| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(cursor(&headers), id);
        };
        check(&[], 0);
        check(&[("x-prefab-start-at-id", "17")], 17);
        check(&[("last-event-id", "17")], 17);
        check(&[("last-event-id", "19"), ("x-prefab-start-at-id", "17")], 19);
        check(&[("last-event-id", "abc")], 0);
    }
}
