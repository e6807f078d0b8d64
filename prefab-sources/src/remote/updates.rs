//! Channel between the sync loop and the update stream.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use futures_util::{Stream, future::BoxFuture};
use tokio::sync::{mpsc, watch};

use super::{Connection, RemoteState};
use crate::{SourceError, SourceUpdate};

/// An update or an error, with the state that follows it.
pub(crate) struct SourceEvent {
    item: Option<Result<SourceUpdate, SourceError>>,
    state: Option<RemoteState>,
    connection: Connection,
}

/// The sending end. Reports each error once.
pub(super) struct UpdateSender {
    out: mpsc::Sender<SourceEvent>,
    state: RemoteState,
    connection: Connection,
    /// Whether the connection has changed since it was sent.
    connection_changed: bool,
    /// The name of the stream. Its success resolves all errors.
    stream_name: Arc<str>,
    /// The reported errors that are not resolved.
    open_errors: Vec<SourceError>,
}

/// Beyond this number of different errors, all are forgotten and may be reported again.
const MAX_OPEN_ERRORS: usize = 16;

impl UpdateSender {
    pub(super) fn new(out: mpsc::Sender<SourceEvent>, stream_name: Arc<str>) -> Self {
        Self {
            out,
            state: RemoteState::Connecting,
            connection: Connection::default(),
            connection_changed: false,
            stream_name,
            open_errors: Vec::new(),
        }
    }

    pub(super) fn state(&self) -> &RemoteState {
        &self.state
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, RemoteState::Ready { .. })
    }

    /// Returns whether there are errors that [`ready`](Self::ready) would resolve.
    pub(super) fn has_open_errors(&self) -> bool {
        !self.open_errors.is_empty()
    }

    /// Sends an update without a change of state.
    pub(super) async fn update(&mut self, loaded: SourceUpdate) {
        self.send(Some(Ok(loaded)), None).await;
    }

    /// Sends an update of the server, if any, and the state `Ready`.
    pub(super) async fn respond(&mut self, loaded: Option<SourceUpdate>, source: &Arc<str>, now: SystemTime) {
        let is_stream = *source == self.stream_name;
        self.connect(|connection| connection.record_response(source, is_stream, now));
        self.ready(loaded, source).await;
    }

    /// Sends an update of the cache and the state `Ready`.
    pub(super) async fn serve_cache(
        &mut self,
        loaded: SourceUpdate,
        source: &Arc<str>,
        saved_at: SystemTime,
    ) {
        self.connect(|connection| connection.record_cache(source, saved_at));
        self.ready(Some(loaded), source).await;
    }

    /// Sends that the stream has ended or could not be opened.
    pub(super) async fn end_stream(&mut self) {
        self.connect(Connection::record_stream_end);
        self.send(None, None).await;
    }

    fn connect(&mut self, record: impl FnOnce(&mut Connection)) {
        let before = self.connection.clone();
        record(&mut self.connection);
        self.connection_changed |= self.connection != before;
    }

    async fn ready(&mut self, loaded: Option<SourceUpdate>, source: &Arc<str>) {
        let stream_name = &self.stream_name;
        if source == stream_name {
            self.open_errors.clear();
        } else {
            // Polling works without the stream, so the error of the stream stays open and is not reported again.
            self.open_errors.retain(|trouble| trouble.source_name() == &**stream_name);
        }
        let state = RemoteState::Ready { source: Arc::clone(source) };
        self.send(loaded.map(Ok), Some(state)).await;
    }

    /// Sends an error, unless it has been sent and is still open.
    pub(super) async fn report_error(&mut self, error: SourceError, state: RemoteState) {
        let is_stream = error.source_name() == &*self.stream_name;
        self.connect(|connection| connection.record_error(is_stream, &state));
        let is_new = !self.open_errors.contains(&error);
        if is_new {
            if self.open_errors.len() == MAX_OPEN_ERRORS {
                self.open_errors.clear();
            }
            self.open_errors.push(error.clone());
        }
        self.send(is_new.then_some(Err(error)), Some(state)).await;
    }

    async fn send(&mut self, item: Option<Result<SourceUpdate, SourceError>>, state: Option<RemoteState>) {
        let state = state.filter(|state| *state != self.state);
        let is_connection_new = std::mem::take(&mut self.connection_changed);
        if item.is_none() && state.is_none() && !is_connection_new {
            return;
        }
        if let Some(state) = &state {
            self.state = state.clone();
        }
        // An error means that the stream has been dropped; then this future is dropped, too.
        let connection = self.connection.clone();
        let _ = self.out.send(SourceEvent { item, state, connection }).await;
    }
}

/// The receiving end: a stream that runs the sync loop while it is polled.
pub(super) struct RemoteUpdates {
    cycle: BoxFuture<'static, ()>,
    events: mpsc::Receiver<SourceEvent>,
    shown: Shown,
    /// The state and the connection that follow the last item.
    next: Option<(Option<RemoteState>, Connection)>,
}

/// What receivers see.
pub(super) struct Shown {
    pub(super) state: watch::Sender<RemoteState>,
    pub(super) connection: watch::Sender<Connection>,
}

impl RemoteUpdates {
    pub(super) fn new(
        cycle: BoxFuture<'static, ()>,
        events: mpsc::Receiver<SourceEvent>,
        shown: Shown,
    ) -> Self {
        Self { cycle, events, shown, next: None }
    }
}

impl Stream for RemoteUpdates {
    type Item = Result<SourceUpdate, SourceError>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // A request for the next item means that the last one has been applied.
            if let Some((state, connection)) = this.next.take() {
                if let Some(state) = state {
                    this.shown.state.send_replace(state);
                }
                this.shown.connection.send_if_modified(|shown| {
                    let is_new = *shown != connection;
                    *shown = connection;
                    is_new
                });
            }
            match this.events.poll_recv(task) {
                Poll::Ready(Some(SourceEvent { item, state, connection })) => {
                    this.next = Some((state, connection));
                    if item.is_some() {
                        return Poll::Ready(item);
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // The channel has registered this task, so a send of the cycle wakes it.
                Poll::Pending => {
                    return match this.cycle.as_mut().poll(task) {
                        Poll::Ready(()) => Poll::Ready(None),
                        Poll::Pending => Poll::Pending,
                    };
                }
            }
        }
    }
}
