//! Following one environment: what a stream has to say next, whatever it is written in.

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

/// The official clients count a silence of 30 seconds, one of them of 60, as a dead connection.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// What a stream has to say.
pub enum StreamEvent {
    /// There is more than the client has: [`Subscription::sent`] is the id up to which it has everything.
    Changed(Arc<Snapshot>),
    /// Nothing, but it is still there.
    KeepAlive,
}

/// One client's place in the changes of an environment.
///
/// It is an id and nothing else, however far the client falls behind.
pub struct Subscription {
    /// The owner of the API key that opened the stream.
    pub caller: Caller,
    newest: watch::Receiver<Newest>,
    /// The id up to which the client has everything.
    sent: i64,
    /// Whether the client has once had everything.
    is_current: bool,
    stop: watch::Receiver<bool>,
    keep_alive: Pin<Box<Sleep>>,
    /// Ends when the key does.
    key_ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    listener: SubscriberGuard,
    /// What the client was handed last, and when it was published; counts once more is asked for.
    handed: Option<(i64, Option<std::time::Instant>)>,
    _permit: StreamPermit,
}

impl Subscription {
    /// Begins with what is newer than the client's cursor.
    pub fn open(
        service: &Service,
        caller: Caller,
        protocol: Protocol,
        permit: StreamPermit,
        cursor: i64,
    ) -> Self {
        let newest = caller.channel.subscribe();
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

    /// Remembers that the client is handed everything up to an id.
    pub fn mark_sent(&mut self, up_to: i64) {
        let newest = *self.newest.borrow();
        let is_newest = up_to >= newest.id;
        // What a client receives to begin with was published before it came.
        let published_at = (self.is_current && is_newest).then_some(newest.published_at);
        self.is_current |= is_newest;
        self.handed = Some((up_to, published_at));
        self.sent = up_to;
    }

    /// Waits for the next thing to say; nothing when the stream is to end.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        // Whoever asks for more has written what came before to its connection.
        if let Some((version, published_at)) = self.handed.take() {
            self.listener.delivered(version, published_at.map(|at| at.elapsed()));
        }
        let step = tokio::select! {
            biased;
            () = self.key_ended.as_mut() => return None,
            _ = self.stop.wait_for(|stop| *stop) => return None,
            newer = self.newest.wait_for(|newest| newest.id > self.sent) => {
                // The project is being set up anew; the client comes back and finds it.
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
