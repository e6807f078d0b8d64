//! The connection of a source to its server: how current the values are.

use std::{sync::Arc, time::SystemTime};

use super::RemoteState;

/// How a [`RemoteSource`](super::RemoteSource) receives changes, and when the server responded last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// How changes are received.
    pub status: ConnectionStatus,
    /// When the server sent something valid last; `None` if it has sent nothing yet.
    pub last_contact: Option<SystemTime>,
    /// The origin of the latest response: `remote_cdn_api`, `remote_api`, `remote_api_grpc` or `streaming`; `cache` if
    /// the server has not responded and the values are from the local cache.
    pub source: Option<Arc<str>>,
    /// Whether the last stream has ended or could not be opened, and no stream has delivered anything since.
    pub is_stream_down: bool,
}

/// How a [`RemoteSource`](super::RemoteSource) receives changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionStatus {
    /// The server has not responded yet, and there are no values from the cache.
    #[default]
    Connecting,
    /// A stream is open and has delivered something.
    Streaming,
    /// No stream delivers, but the last request for a checkpoint succeeded.
    Polling,
    /// Changes may be missing.
    Stale {
        /// The time of the values: the last contact, or the time of the cache.
        since: SystemTime,
    },
    /// The server rejected the API key.
    Unauthorized,
}

impl Connection {
    /// Records a checkpoint or a part of a stream.
    pub(super) fn record_response(&mut self, source: &Arc<str>, is_stream: bool, now: SystemTime) {
        self.last_contact = Some(now);
        self.source = Some(Arc::clone(source));
        if is_stream {
            self.status = ConnectionStatus::Streaming;
            self.is_stream_down = false;
        } else if self.status != ConnectionStatus::Streaming {
            self.status = ConnectionStatus::Polling;
        }
    }

    /// Records that the values are from the cache, because the server has not responded.
    pub(super) fn record_cache(&mut self, source: &Arc<str>, saved_at: SystemTime) {
        if self.last_contact.is_none() {
            self.status = ConnectionStatus::Stale { since: saved_at };
            self.source = Some(Arc::clone(source));
        }
    }

    /// Records that the stream has ended or could not be opened.
    pub(super) fn record_stream_end(&mut self) {
        self.is_stream_down = true;
        if self.status == ConnectionStatus::Streaming {
            self.status = self.without_contact();
        }
    }

    /// Records an error, with the state of the source after it.
    pub(super) fn record_error(&mut self, is_stream: bool, state: &RemoteState) {
        match state {
            RemoteState::Unauthorized(_) => self.status = ConnectionStatus::Unauthorized,
            // A stream may fail while polling works.
            _ if is_stream => {}
            _ if matches!(self.status, ConnectionStatus::Stale { .. }) => {}
            _ => self.status = self.without_contact(),
        }
    }

    fn without_contact(&self) -> ConnectionStatus {
        match self.last_contact {
            Some(since) => ConnectionStatus::Stale { since },
            None => ConnectionStatus::Connecting,
        }
    }
}
