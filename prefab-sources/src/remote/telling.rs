//! Between the cycle, which has something to say, and whoever listens.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, future::BoxFuture};
use tokio::sync::{mpsc, watch};

use super::RemoteState;
use crate::{Loaded, SourceError};

/// Something said, and the state that it leads to.
pub(crate) struct Said {
    item: Option<Result<Loaded, SourceError>>,
    state: Option<RemoteState>,
}

/// The near end: says everything once.
pub(super) struct Voice {
    out: mpsc::Sender<Said>,
    state: RemoteState,
    /// The source whose success says that everything works.
    stream_name: Arc<str>,
    /// The troubles that were told and are not over.
    troubles: Vec<SourceError>,
}

/// Past this many different troubles, old ones are news again.
const MAX_TROUBLES: usize = 16;

impl Voice {
    pub(super) fn new(out: mpsc::Sender<Said>, stream_name: Arc<str>) -> Self {
        Self { out, state: RemoteState::Connecting, stream_name, troubles: Vec::new() }
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, RemoteState::Ready { .. })
    }

    /// Tells whether trouble was told that [`ready`](Self::ready) would end.
    pub(super) fn is_troubled(&self) -> bool {
        !self.troubles.is_empty()
    }

    /// Says an update that leads to no other state.
    pub(super) async fn update(&mut self, loaded: Loaded) {
        self.say(Some(Ok(loaded)), None).await;
    }

    /// Says an update, if there is one, with which all is well.
    pub(super) async fn ready(&mut self, loaded: Option<Loaded>, source: &Arc<str>) {
        let stream_name = &self.stream_name;
        if source == stream_name {
            self.troubles.clear();
        } else {
            // Polling works without the stream; that the stream does not is no news a minute later.
            self.troubles.retain(|trouble| trouble.source_name() == &**stream_name);
        }
        let state = RemoteState::Ready { source: Arc::clone(source) };
        self.say(loaded.map(Ok), Some(state)).await;
    }

    /// Says what is wrong, unless that was said already.
    pub(super) async fn trouble(&mut self, error: SourceError, state: RemoteState) {
        let is_news = !self.troubles.contains(&error);
        if is_news {
            if self.troubles.len() == MAX_TROUBLES {
                self.troubles.clear();
            }
            self.troubles.push(error.clone());
        }
        self.say(is_news.then_some(Err(error)), Some(state)).await;
    }

    async fn say(&mut self, item: Option<Result<Loaded, SourceError>>, state: Option<RemoteState>) {
        let state = state.filter(|state| *state != self.state);
        if item.is_none() && state.is_none() {
            return;
        }
        if let Some(state) = &state {
            self.state = state.clone();
        }
        // Nobody listens any more once the stream is dropped, and then this future is, too.
        let _ = self.out.send(Said { item, state }).await;
    }
}

/// The far end: a stream that runs the cycle while it is waited for.
pub(super) struct Telling {
    cycle: BoxFuture<'static, ()>,
    said: mpsc::Receiver<Said>,
    shown: watch::Sender<RemoteState>,
    /// The state that the item handed out last leads to.
    next_state: Option<RemoteState>,
}

impl Telling {
    pub(super) fn new(
        cycle: BoxFuture<'static, ()>,
        said: mpsc::Receiver<Said>,
        shown: watch::Sender<RemoteState>,
    ) -> Self {
        Self { cycle, said, shown, next_state: None }
    }
}

impl Stream for Telling {
    type Item = Result<Loaded, SourceError>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // Asking for the next item says that the last one has been taken.
            if let Some(state) = this.next_state.take() {
                this.shown.send_replace(state);
            }
            match this.said.poll_recv(task) {
                Poll::Ready(Some(Said { item, state })) => {
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
