//! Between the cycle, which has something to say, and whoever listens.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, future::BoxFuture};
use tokio::sync::{mpsc, watch};

use super::RemoteState;
use crate::{SourceError, SourceUpdate};

/// Something said, and the state that it leads to.
pub(crate) struct SourceEvent {
    item: Option<Result<SourceUpdate, SourceError>>,
    state: Option<RemoteState>,
}

/// The near end: says everything once.
pub(super) struct UpdateSender {
    out: mpsc::Sender<SourceEvent>,
    state: RemoteState,
    /// The source whose success says that everything works.
    stream_name: Arc<str>,
    /// The open_errors that were told and are not over.
    open_errors: Vec<SourceError>,
}

/// Past this many different open_errors, old ones are news again.
const MAX_OPEN_ERRORS: usize = 16;

impl UpdateSender {
    pub(super) fn new(out: mpsc::Sender<SourceEvent>, stream_name: Arc<str>) -> Self {
        Self { out, state: RemoteState::Connecting, stream_name, open_errors: Vec::new() }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, RemoteState::Ready { .. })
    }

    /// Tells whether trouble was told that [`ready`](Self::ready) would end.
    pub(super) fn has_open_errors(&self) -> bool {
        !self.open_errors.is_empty()
    }

    /// Says an update that leads to no other state.
    pub(super) async fn update(&mut self, loaded: SourceUpdate) {
        self.send(Some(Ok(loaded)), None).await;
    }

    /// Says an update, if there is one, with which all is well.
    pub(super) async fn ready(&mut self, loaded: Option<SourceUpdate>, source: &Arc<str>) {
        let stream_name = &self.stream_name;
        if source == stream_name {
            self.open_errors.clear();
        } else {
            // Polling works without the stream; that the stream does not is no news a minute later.
            self.open_errors.retain(|trouble| trouble.source_name() == &**stream_name);
        }
        let state = RemoteState::Ready { source: Arc::clone(source) };
        self.send(loaded.map(Ok), Some(state)).await;
    }

    /// Says what is wrong, unless that was said already.
    pub(super) async fn report_error(&mut self, error: SourceError, state: RemoteState) {
        let has_changes = !self.open_errors.contains(&error);
        if has_changes {
            if self.open_errors.len() == MAX_OPEN_ERRORS {
                self.open_errors.clear();
            }
            self.open_errors.push(error.clone());
        }
        self.send(has_changes.then_some(Err(error)), Some(state)).await;
    }

    async fn send(&mut self, item: Option<Result<SourceUpdate, SourceError>>, state: Option<RemoteState>) {
        let state = state.filter(|state| *state != self.state);
        if item.is_none() && state.is_none() {
            return;
        }
        if let Some(state) = &state {
            self.state = state.clone();
        }
        // Nobody listens any more once the stream is dropped, and then this future is, too.
        let _ = self.out.send(SourceEvent { item, state }).await;
    }
}

/// The far end: a stream that runs the cycle while it is waited for.
pub(super) struct RemoteUpdates {
    cycle: BoxFuture<'static, ()>,
    said: mpsc::Receiver<SourceEvent>,
    shown: watch::Sender<RemoteState>,
    /// The state that the item handed out last leads to.
    next_state: Option<RemoteState>,
}

impl RemoteUpdates {
    pub(super) fn new(
        cycle: BoxFuture<'static, ()>,
        said: mpsc::Receiver<SourceEvent>,
        shown: watch::Sender<RemoteState>,
    ) -> Self {
        Self { cycle, said, shown, next_state: None }
    }
}

impl Stream for RemoteUpdates {
    type Item = Result<SourceUpdate, SourceError>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // Asking for the next item says that the last one has been taken.
            if let Some(state) = this.next_state.take() {
                this.shown.send_replace(state);
            }
            match this.said.poll_recv(task) {
                Poll::Ready(Some(SourceEvent { item, state })) => {
                    this.next_state = state;
                    if item.is_some() {
                        return Poll::Ready(item);
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // What the cycle says now wakes this task, since the channel knows of it.
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
