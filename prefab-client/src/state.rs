//! The state of a client, which shows whether its values are current.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

#[cfg(feature = "http")]
use prefab_sources::{Connection, ConnectionStatus};
#[cfg(feature = "http")]
use tokio::sync::watch;

use crate::subscription::Listeners;

/// The state of a client, which shows whether its values are current; see [`Client::state`](crate::Client::state).
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, ClientStatus};
///
/// let client = Client::in_memory().build()?;
/// assert_eq!(client.state().status, ClientStatus::Live);
/// client.close();
/// assert_eq!(client.state().status, ClientStatus::Closed);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientState {
    /// How changes reach the client.
    pub status: ClientStatus,
    /// The time of the last valid response from the server. `None` if no server is configured, and before the first
    /// response.
    pub last_contact: Option<SystemTime>,
    /// The origin of the latest response: `remote_cdn_api`, `remote_api`, `remote_api_grpc` or `streaming`. It is `cache`
    /// while the values come from the local cache. `None` if no server is configured, and before the first response.
    pub source: Option<Arc<str>>,
}

/// How changes reach a client.
///
/// Values remain readable with every status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientStatus {
    /// The server has not responded yet. The values come from files and from the program.
    Starting,
    /// The stream is open, so changes arrive immediately. A client without a server is also `Live`.
    Live,
    /// The stream is down or not open yet. The client polls the server, by default every 60 s.
    Polling,
    /// Changes may be missing. The client reconnects after at most 30 s.
    Stale {
        /// The time of the last contact with the server, or the time at which the local cache was saved.
        since: SystemTime,
    },
    /// The server rejected the API key. The client tries again about every 60 s.
    Refused,
    /// The client is closed, its thread has panicked or could not be started, or the process was forked after the client
    /// was built. Values no longer change.
    ///
    /// With `OnInitFailure::Return`, a client without an API key, without a server address or with an invalid address is
    /// also `Closed`. It never connects to a server. Changes of local files still apply.
    Closed,
}

/// The state of a client, and its listeners.
pub(crate) struct StateCell {
    #[cfg(feature = "http")]
    connection: Option<watch::Receiver<Connection>>,
    is_closed: AtomicBool,
    /// The process that built the client. A forked process has no thread that updates values.
    process: u32,
    pub(crate) listeners: Listeners<ClientState>,
}

impl StateCell {
    /// Returns the state of a client without a server.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(feature = "http")]
            connection: None,
            is_closed: AtomicBool::new(false),
            process: process::id(),
            listeners: Listeners::new("on_state_change listener panicked; it stays registered"),
        }
    }

    pub(crate) fn current(&self) -> ClientState {
        #[cfg(feature = "http")]
        let mut state = match &self.connection {
            Some(connection) => ClientState::from(&*connection.borrow()),
            None => ClientState::LOCAL,
        };
        #[cfg(not(feature = "http"))]
        let mut state = ClientState::LOCAL;
        if self.is_closed.load(Ordering::Acquire) || self.process != process::id() {
            state.status = ClientStatus::Closed;
        }
        state
    }

    /// Records that no more updates will arrive, and notifies the listeners.
    pub(crate) fn close(&self) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            self.listeners.notify(|| self.current());
        }
    }
}

impl ClientState {
    const LOCAL: Self = Self { status: ClientStatus::Live, last_contact: None, source: None };
}

#[cfg(feature = "http")]
mod remote {
    use super::{ClientState, ClientStatus, Connection, ConnectionStatus, StateCell, SystemTime, watch};
    use crate::log_target::LOG;

    impl StateCell {
        /// Sets the connection to the server that determines the state.
        pub(crate) fn set_connection(&mut self, connection: watch::Receiver<Connection>) {
            self.connection = Some(connection);
        }

        /// Returns the connection to the server, if there is one.
        pub(crate) fn connection(&self) -> Option<watch::Receiver<Connection>> {
            self.connection.clone()
        }

        /// Notifies the listeners if the status differs from `status`, and updates `status`.
        pub(crate) fn notify_change(&self, status: &mut ClientStatus) {
            let state = self.current();
            if state.status != *status {
                *status = state.status;
                tracing::debug!(target: LOG, ?status, "client state changed");
                self.listeners.notify(|| state);
            }
        }

        /// Returns the problem that follows from the state alone: streams may end without an error.
        pub(crate) fn problem(&self) -> Option<String> {
            let connection = self.connection.as_ref()?.borrow().clone();
            match connection.status {
                ConnectionStatus::Stale { since } => {
                    let age = SystemTime::now().duration_since(since).unwrap_or_default().as_secs();
                    Some(format!(
                        "streaming: no contact with the server for {age} s, changes may be missing; reconnecting"
                    ))
                }
                ConnectionStatus::Polling if connection.is_stream_down => {
                    Some("streaming: the stream of changes is down; polling the server instead".to_owned())
                }
                _ => None,
            }
        }
    }

    impl From<&Connection> for ClientState {
        fn from(connection: &Connection) -> Self {
            let status = match connection.status {
                ConnectionStatus::Streaming => ClientStatus::Live,
                ConnectionStatus::Polling => ClientStatus::Polling,
                ConnectionStatus::Stale { since } => ClientStatus::Stale { since },
                ConnectionStatus::Unauthorized => ClientStatus::Refused,
                _ => ClientStatus::Starting,
            };
            Self { status, last_contact: connection.last_contact, source: connection.source.clone() }
        }
    }
}
