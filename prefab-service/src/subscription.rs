//! Per-client subscription to the changes of one environment, independent of the encoding.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep},
};

use crate::{
    Service,
    limits::StreamPermit,
    project_cache::{Caller, ProjectCache},
};
use prefab_publish::{Newest, Protocol, Snapshot, SubscriberGuard};

/// How often an idle stream sends a keep-alive. The official clients close a stream after 30 s or 60 s of silence.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// What a stream sends next.
pub enum StreamEvent {
    /// The environment has changed: [`Subscription::sent`] is the id up to which the client has everything.
    Changed(Arc<Snapshot>),
    /// A keep-alive.
    KeepAlive,
}

/// The position of one client in the changes of an environment.
///
/// The position is an id, so a slow client needs no more memory than a fast one.
pub struct Subscription {
    /// The owner of the API key that opened the stream.
    pub caller: Caller,
    newest: watch::Receiver<Newest>,
    /// The id up to which the client has everything.
    sent: i64,
    /// Whether the client has had everything once.
    is_current: bool,
    stop: watch::Receiver<bool>,
    keep_alive: Pin<Box<Sleep>>,
    /// Ends when the API key is revoked or expires.
    key_ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    listener: SubscriberGuard,
    /// The last batch: its newest id, and the time it was published. It counts as delivered when the next one is requested.
    handed: Option<(i64, Option<std::time::Instant>)>,
    _permit: StreamPermit,
}

impl Subscription {
    /// Opens a subscription that starts with everything newer than `cursor`.
    pub fn open(
        service: &Service,
        caller: Caller,
        protocol: Protocol,
        permit: StreamPermit,
        cursor: i64,
    ) -> Self {
        let newest = caller.channel.subscribe();
        // The token of such a stream opens nothing but notifications.
        if protocol != Protocol::Ofrep {
            service.project_cache.check_cursor(&caller, cursor);
        }
        let sent = caller.channel.snapshot().valid_cursor(cursor);
        let is_current = newest.borrow().id == sent;
        Self {
            newest,
            sent,
            is_current,
            stop: service.stop.clone(),
            keep_alive: Box::pin(sleep(KEEP_ALIVE_INTERVAL)),
            key_ended: Box::pin(key_ended(Arc::clone(&service.project_cache), caller.key_id)),
            listener: caller.channel.subscribers.add(protocol, sent),
            handed: None,
            _permit: permit,
            caller,
        }
    }

    /// Returns the id up to which the client has everything.
    pub fn sent(&self) -> i64 {
        self.sent
    }

    /// Records that the client is sent everything up to an id.
    pub fn mark_sent(&mut self, up_to: i64) {
        let newest = *self.newest.borrow();
        let is_newest = up_to >= newest.id;
        // The initial payload was published before the client connected, so its delivery time has no meaning.
        let published_at = (self.is_current && is_newest).then_some(newest.published_at);
        self.is_current |= is_newest;
        self.handed = Some((up_to, published_at));
        self.sent = up_to;
    }

    /// Waits for the next event. Returns `None` when the stream must end.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        // A request for the next event means that the previous one was written to the connection.
        if let Some((version, published_at)) = self.handed.take() {
            self.listener.delivered(version, published_at.map(|at| at.elapsed()));
        }
        let step = tokio::select! {
            biased;
            () = self.key_ended.as_mut() => return None,
            _ = self.stop.wait_for(|stop| *stop) => return None,
            newer = self.newest.wait_for(|newest| newest.id > self.sent) => {
                // The channel is gone, so the stream ends and the client reconnects.
                newer.ok()?;
                StreamEvent::Changed(self.caller.channel.snapshot())
            }
            () = self.keep_alive.as_mut() => StreamEvent::KeepAlive,
        };
        self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE_INTERVAL);
        Some(step)
    }
}

async fn key_ended(project_cache: Arc<ProjectCache>, key_id: i64) {
    project_cache.key_ended(key_id).await;
}
