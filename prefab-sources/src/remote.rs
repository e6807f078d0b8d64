//! A server as a source: a cache, checkpoints, the stream of changes, and polling where that is down.
//!
//! ```text
//!  cache ──▶ checkpoint (CDN, API) ──▶ stream ──┐ breaks, falls silent, is refused
//!                 ▲                      ▲      ▼
//!                 └── every minute ──────┴─── wait 0.5 to 30 s
//! ```
//!
//! Whatever happens, the source goes on and ends up where the server is: every request says how far it has
//! come, and the answer is whatever is newer. What was said before is never taken back by an outage.

mod cycle;
mod sync_state;
#[cfg(test)]
mod tests;
mod transport;
mod updates;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use crate::{ApiKey, ConfigSource, SourceError, UpdateStream, cache::Cache};

use cycle::Cycle;
pub(crate) use transport::{Checkpoint, Frame, Frames, Purpose, Transport};
use updates::{RemoteUpdates, SourceEvent, UpdateSender};

/// How a [`RemoteSource`] behaves, whichever way it talks to the server.
pub struct RemoteOptions {
    /// The key; wrong ones are told apart from servers that are away.
    pub api_key: ApiKey,
    /// The directory of the local cache; none without one.
    pub cache_dir: Option<PathBuf>,
    /// How long the stream may be down before the server is asked for news: 60 s at first.
    pub poll_interval: Duration,
    /// How long the stream may say nothing at all: 60 s at first. Servers say something every 30 s.
    pub idle_timeout: Duration,
    /// Chance in `0.0..1.0`, which keeps clients from trying again all at once.
    pub random: Box<dyn FnMut() -> f64 + Send>,
}

impl RemoteOptions {
    /// Returns the usual behaviour, without a cache.
    pub fn new(api_key: ApiKey) -> Self {
        let minute = Duration::from_secs(60);
        Self {
            api_key,
            cache_dir: None,
            poll_interval: minute,
            idle_timeout: minute,
            random: Box::new(fastrand::f64),
        }
    }
}

impl fmt::Debug for RemoteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_key, cache_dir, poll_interval, idle_timeout, random: _ } = self;
        f.debug_struct("RemoteOptions")
            .field("api_key", api_key)
            .field("cache_dir", cache_dir)
            .field("poll_interval", poll_interval)
            .field("idle_timeout", idle_timeout)
            .finish_non_exhaustive()
    }
}

/// Where a [`RemoteSource`] stands. What it said holds in every state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteState {
    /// Nothing has come yet, and nothing has failed yet.
    Connecting,
    /// What it said can be relied on.
    Ready {
        /// Where the latest word came from: `cache`, `remote_cdn_api`, `remote_api`, `streaming`.
        source: Arc<str>,
    },
    /// The server does not know the key. It is asked again every minute, as keys can be mended.
    Unauthorized(SourceError),
    /// Neither checkpoint nor stream could be had; it is being tried again.
    Failed(SourceError),
}

/// A server that configs come from.
///
/// ```no_run
/// # #[cfg(feature = "http")] {
/// use prefab_sources::{ApiKey, HttpOptions, RemoteOptions, RemoteSource};
///
/// let options = RemoteOptions::new(ApiKey::new("123-Development-P202-E308-SDK-abcdef"));
/// let source = RemoteSource::http(options, HttpOptions::new(["https://prefab.example.com"]))?;
/// let mut state = source.state();
/// # } Ok::<(), prefab_sources::SourceError>(())
/// ```
pub struct RemoteSource {
    start: Box<dyn FnOnce(mpsc::Sender<SourceEvent>) -> BoxFuture<'static, ()> + Send>,
    state: watch::Sender<RemoteState>,
}

/// What logs call a [`RemoteSource`]; what it says is named after where it came from.
const NAME: &str = "remote";

impl RemoteSource {
    pub(crate) fn over<T: Transport>(transport: T, options: RemoteOptions) -> Self {
        let cache =
            options.cache_dir.as_ref().map(|dir| Cache::new(dir, &options.api_key, transport.server_id()));
        Self {
            start: Box::new(|out| {
                let updates = UpdateSender::new(out, transport.stream_name());
                Box::pin(async move { Cycle::new(transport, options, cache, updates).run().await })
            }),
            state: watch::channel(RemoteState::Connecting).0,
        }
    }

    /// Returns the state, now and later. It never runs ahead of the updates: a state is shown once the
    /// update that led to it has been taken and the next one is asked for.
    pub fn state(&self) -> watch::Receiver<RemoteState> {
        self.state.subscribe()
    }
}

impl ConfigSource for RemoteSource {
    fn name(&self) -> &str {
        NAME
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        let Self { start, state } = *self;
        let (out, said) = mpsc::channel(1);
        Box::pin(RemoteUpdates::new(start(out), said, state))
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSource").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}
