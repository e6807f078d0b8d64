//! Event streams of the Quonfig SDKs: all configs when the stream opens, and all configs after every change.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Response;
use prefab_publish::{Envelope, Protocol};
use prefab_service::{
    limits::MAX_QUONFIG_EVENT_BYTES,
    project_cache::Caller,
    subscription::{StreamEvent, Subscription},
};

use super::{
    quonfig,
    stream_response::{KEEP_ALIVE, PREAMBLE, respond},
};
use crate::api::{error::ApiError, state::App};

/// The largest document that fits into an event, beside the names of its fields.
const MAX_DOCUMENT_BYTES: usize = MAX_QUONFIG_EVENT_BYTES - 1_024;

/// The largest part of an event that is written in one piece. A connection copies it while its client does not read.
const PART_BYTES: usize = 64 << 10;

/// Opens the stream. The client has everything up to `cursor`, which is 0 for SDKs that do not send it.
///
/// The SDKs poll while the stream fails. So a stream that is refused has an error status here, unlike for other SDKs: a
/// stream that opens and ends would be opened again immediately.
pub(super) async fn open(app: &App, caller: Caller, cursor: i64) -> Result<Response<Body>, ApiError> {
    let Some(permit) = app.limits.stream(caller.key_id) else {
        app.metrics.streams_refused.inc();
        return Err(ApiError::TooManyStreams);
    };
    let envelope = quonfig::envelope(app, &caller, caller.channel.snapshot()).await?;
    if !fits(&envelope) {
        app.metrics.streams_refused.inc();
        return Err(ApiError::TooLargeForStream);
    }
    let events = Events {
        app: app.clone(),
        subscription: Subscription::open(app, caller, Protocol::Quonfig, permit, cursor),
        next_step: Step::Preamble,
    };
    let events = stream::unfold(events, |mut events| async move {
        events.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), events))
    });
    Ok(respond(Body::from_stream(events)))
}

fn fits(envelope: &Envelope) -> bool {
    envelope.response.plain.len() <= MAX_DOCUMENT_BYTES
}

/// The event stream of one client. The document is shared with all clients, so a client that does not read keeps at most one
/// old document in memory.
struct Events {
    app: App,
    subscription: Subscription,
    next_step: Step,
}

/// What a stream sends next.
enum Step {
    /// The comment that opens the stream.
    Preamble,
    /// The rest of a document.
    Document(Bytes),
    /// The next event, when there is one.
    Event,
}

impl Events {
    /// Returns the next bytes to send, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        match std::mem::replace(&mut self.next_step, Step::Event) {
            Step::Preamble => return Some(PREAMBLE),
            Step::Document(rest) if rest.is_empty() => return Some(Bytes::from_static(b"\n\n")),
            Step::Document(mut rest) => {
                let part = rest.split_to(rest.len().min(PART_BYTES));
                self.next_step = Step::Document(rest);
                return Some(part);
            }
            Step::Event => {}
        }
        match self.subscription.next().await? {
            StreamEvent::Changed(snapshot) => {
                // The stream ends if the server stops.
                let envelope =
                    quonfig::envelope(&self.app, &self.subscription.caller, snapshot).await.ok()?;
                if !fits(&envelope) {
                    return None;
                }
                self.subscription.mark_sent(envelope.version);
                self.next_step = Step::Document(envelope.response.plain.clone());
                Some(event_start(envelope.version))
            }
            StreamEvent::KeepAlive => Some(KEEP_ALIVE),
        }
    }
}

/// Returns the bytes of an event before its document, which has no line breaks.
fn event_start(version: i64) -> Bytes {
    format!("id: {version}\ndata: ").into()
}
