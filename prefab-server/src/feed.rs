//! Following one environment: what a stream has to say next, whatever it is written in.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    sync::{broadcast, watch},
    time::{Instant, Sleep, sleep},
};

use crate::{
    api::App,
    hub::{Caller, Hub},
    limits::StreamPermit,
    publish::{Delta, Listener, Manner, Snapshot},
};

/// The official clients count a silence of 30 seconds, one of them of 60, as a dead connection.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a stream has to say.
pub(crate) enum Step {
    /// A change.
    Changed(Arc<Delta>),
    /// The client fell behind: everything newer than the id.
    Behind(Arc<Snapshot>, i64),
    /// Nothing, but it is still there.
    KeepAlive,
}

/// One client's place in the changes of an environment.
pub(crate) struct Feed {
    pub(crate) caller: Caller,
    changes: broadcast::Receiver<Arc<Delta>>,
    /// The id up to which the client knows everything.
    sent: i64,
    stop: watch::Receiver<bool>,
    keep_alive: Pin<Box<Sleep>>,
    /// Ends when the key does.
    key_ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    listener: Listener,
    /// What the client was handed last, and when it was told; counts once more is asked for.
    handed: Option<(i64, Option<std::time::Instant>)>,
    _permit: StreamPermit,
}

impl Feed {
    /// Begins with what stands now; the feed tells every change from then on.
    pub(crate) fn open(
        app: &App,
        caller: Caller,
        manner: Manner,
        permit: StreamPermit,
    ) -> (Arc<Snapshot>, Self) {
        let (snapshot, changes) = caller.channel.subscribe();
        let feed = Self {
            changes,
            sent: snapshot.last_id,
            stop: app.stop.clone(),
            keep_alive: Box::pin(sleep(KEEP_ALIVE_EVERY)),
            key_ended: Box::pin(key_ended(Arc::clone(&app.hub), caller.key_id)),
            listener: caller.channel.listeners.join(manner, snapshot.last_id),
            handed: None,
            _permit: permit,
            caller,
        };
        (snapshot, feed)
    }

    /// Waits for the next thing to say; nothing when the stream is to end.
    pub(crate) async fn next(&mut self) -> Option<Step> {
        // Whoever asks for more has written what came before to its connection.
        if let Some((version, told_at)) = self.handed.take() {
            self.listener.received(version, told_at.map(|at| at.elapsed()));
        }
        let step = loop {
            tokio::select! {
                biased;
                () = self.key_ended.as_mut() => return None,
                change = self.changes.recv() => match change {
                    Ok(delta) if delta.last_id <= self.sent => {}
                    Ok(delta) => {
                        self.sent = delta.last_id;
                        self.handed = Some((delta.last_id, Some(delta.told_at)));
                        break Step::Changed(delta);
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        let snapshot = self.caller.channel.snapshot();
                        let after = std::mem::replace(&mut self.sent, snapshot.last_id);
                        self.handed = Some((snapshot.last_id, None));
                        break Step::Behind(snapshot, after);
                    }
                    // The project is being set up anew; the client comes back and finds it.
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                _ = self.stop.wait_for(|stop| *stop) => return None,
                () = self.keep_alive.as_mut() => break Step::KeepAlive,
            }
        };
        self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE_EVERY);
        Some(step)
    }
}

async fn key_ended(hub: Arc<Hub>, key_id: i64) {
    hub.ended(key_id).await;
}
