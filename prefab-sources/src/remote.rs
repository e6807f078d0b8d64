//! A server as a source: cache, checkpoints, the stream of changes, and polling while the stream is down.
//!
//! ```text
//!  cache ──▶ checkpoint (CDN, API) ──▶ stream ──┐ breaks, is idle for too long, or is refused
//!                 ▲                      ▲      ▼
//!                 └── every minute ──────┴─── wait 0.5 to 30 s
//! ```
//!
//! The source retries forever and converges on the server's state. Every request contains the largest id received so far,
//! and the response contains only newer configs. An outage never reverts an update.

mod connection;
mod cycle;
mod sync_state;
#[cfg(test)]
mod tests;
mod transport;
mod updates;

use std::{
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use crate::{ApiKey, ConfigSource, SourceError, UpdateStream, cache::Cache};

pub use connection::{Connection, ConnectionStatus};
use cycle::Cycle;
pub(crate) use transport::{Checkpoint, Frame, Frames, Purpose, Transport};
use updates::{RemoteUpdates, Shown, SourceEvent, UpdateSender};

/// Returns the directory of the user's caches: `XDG_CACHE_HOME` if it is an absolute path, else `.cache` in the home
/// directory.
///
/// # Examples
///
/// ```
/// let dir = prefab_sources::remote::user_cache_dir();
/// assert!(dir.is_none_or(|dir| !dir.as_os_str().is_empty()));
/// ```
pub fn user_cache_dir() -> Option<PathBuf> {
    let dir = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    dir.or_else(|| Some(std::env::home_dir()?.join(".cache")))
}

/// Options of a [`RemoteSource`] over any protocol.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use prefab_sources::{ApiKey, RemoteOptions};
///
/// let options = RemoteOptions {
///     poll_interval: Duration::from_secs(30),
///     ..RemoteOptions::new(ApiKey::new("123-Development-P202-E308-SDK-abcdef"))
/// };
/// # drop(options);
/// ```
pub struct RemoteOptions {
    /// The API key.
    pub api_key: ApiKey,
    /// The directory of the local cache; no cache if `None`.
    pub cache_dir: Option<PathBuf>,
    /// How long the stream may be down before the server is polled. Default: 60 s.
    pub poll_interval: Duration,
    /// How long the stream may be idle before it is reopened. Default: 60 s. Servers send a keepalive every 30 s.
    pub idle_timeout: Duration,
    /// Random numbers in `0.0..1.0`, for the jitter of retries.
    pub random: Box<dyn FnMut() -> f64 + Send>,
    /// The clock for [`Connection`] and the cache. Default: the clock of the system.
    pub now: Box<dyn Fn() -> SystemTime + Send>,
}

impl RemoteOptions {
    /// Returns the default options, without a cache.
    pub fn new(api_key: ApiKey) -> Self {
        let minute = Duration::from_secs(60);
        Self {
            api_key,
            cache_dir: None,
            poll_interval: minute,
            idle_timeout: minute,
            random: Box::new(fastrand::f64),
            now: Box::new(SystemTime::now),
        }
    }
}

impl fmt::Debug for RemoteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_key, cache_dir, poll_interval, idle_timeout, random: _, now: _ } = self;
        f.debug_struct("RemoteOptions")
            .field("api_key", api_key)
            .field("cache_dir", cache_dir)
            .field("poll_interval", poll_interval)
            .field("idle_timeout", idle_timeout)
            .finish_non_exhaustive()
    }
}

/// The state of a [`RemoteSource`]. Its updates remain in effect in every state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteState {
    /// No response and no failure yet.
    Connecting,
    /// The configs are up to date, or from the cache.
    Ready {
        /// The origin of the latest update: `cache`, `remote_cdn_api`, `remote_api`, `remote_api_grpc` or
        /// `streaming`.
        source: Arc<str>,
    },
    /// The server rejected the API key. It is retried every minute, because keys can be re-enabled.
    Unauthorized(SourceError),
    /// Neither a checkpoint nor the stream is available. The source retries.
    Failed(SourceError),
}

/// A server as a source of configs.
///
/// # Examples
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
    address: String,
    start: Box<dyn FnOnce(mpsc::Sender<SourceEvent>) -> BoxFuture<'static, ()> + Send>,
    state: watch::Sender<RemoteState>,
    connection: watch::Sender<Connection>,
}

/// Returns an address without its user name and password, also if it is not a valid URL or has no scheme.
pub(crate) fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // What follows a colon is a port, or the beginning of a password that contains a separator.
    let has_password = !authority.starts_with('[')
        && authority.split_once(':').is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()));
    let at = authority.rfind('@').or_else(|| rest.rfind('@').filter(|_| has_password));
    let host = at.map_or(rest, |at| &rest[at + 1..]);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// The name of a [`RemoteSource`] in logs. Its updates have the names of their origins.
pub const NAME: &str = "remote";

impl RemoteSource {
    pub(crate) fn over<T: Transport>(transport: T, options: RemoteOptions) -> Self {
        let cache =
            options.cache_dir.as_ref().map(|dir| Cache::new(dir, &options.api_key, transport.server_id()));
        Self {
            address: transport.address(),
            start: Box::new(|out| {
                let updates = UpdateSender::new(out, transport.stream_name());
                Box::pin(async move { Cycle::new(transport, options, cache, updates).run().await })
            }),
            state: watch::channel(RemoteState::Connecting).0,
            connection: watch::channel(Connection::default()).0,
        }
    }

    /// Returns the first address of the server, without credentials.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns a receiver of the state.
    ///
    /// A state is visible only after its update has been received and the next one requested.
    pub fn state(&self) -> watch::Receiver<RemoteState> {
        self.state.subscribe()
    }

    /// Returns a receiver of the connection, which changes with every response and every failure.
    ///
    /// Like a state, it is visible only after its update has been received and the next one requested.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "http")] {
    /// use prefab_sources::{ApiKey, ConnectionStatus, HttpOptions, RemoteOptions, RemoteSource};
    ///
    /// let options = RemoteOptions::new(ApiKey::new("123-Development-P202-E308-SDK-abcdef"));
    /// let source = RemoteSource::http(options, HttpOptions::new(["http://127.0.0.1:8742"]))?;
    /// assert_eq!(source.connection().borrow().status, ConnectionStatus::Connecting);
    /// # } Ok::<(), prefab_sources::SourceError>(())
    /// ```
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.connection.subscribe()
    }
}

impl ConfigSource for RemoteSource {
    fn name(&self) -> &str {
        NAME
    }

    fn updates(self: Box<Self>) -> UpdateStream {
        let Self { address: _, start, state, connection } = *self;
        let (out, events) = mpsc::channel(1);
        Box::pin(RemoteUpdates::new(start(out), events, Shown { state, connection }))
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSource").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod address_tests {
    use super::without_credentials;

    #[test]
    fn credentials_are_removed_from_every_address() {
        let check = |url: &str, shown: &str| assert_eq!(without_credentials(url), shown, "{url}");
        check("https://host:8742/a", "https://host:8742/a");
        check("https://ann:hunter2@host:8742/a", "https://host:8742/a");
        check("https://ann:hun/ter?2@host", "https://host");
        check("https://ann:hunter2@host/?mail=a@b", "https://host/?mail=a@b");
        check("https://host/?mail=a@b", "https://host/?mail=a@b");
        check("https://[::1]:8742/?mail=a@b", "https://[::1]:8742/?mail=a@b");
        check("ann:hunter2@host:50051", "host:50051");
        check("host:50051", "host:50051");
    }
}
