//! HTTP/2 streams whose window stays closed.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tracing::debug;

/// Larger pieces of a body are split, so that no more than this waits in a connection's buffers once the body
/// has been handed over.
const CHUNK_BYTES: usize = 64 << 10;

tokio::task_local! {
    /// What the HTTP/2 stream that is being polled has sent so far.
    static SENT: Cell<Sent>;
}

/// How far the body of a response has been handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sent {
    chunks: u64,
    /// Whether the last chunk waits for the peer, as far as the body can see.
    waits_for_peer: bool,
}

/// Runs the streams of HTTP/2 connections, and resets one that has waited for its peer for longer than a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamExecutor {
    limit: Duration,
}

impl StreamExecutor {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<F> hyper::rt::Executor<F> for StreamExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let watched =
            Watched { stream: Box::pin(stream), sent: Sent::default(), limit: self.limit, waiting: None };
        tokio::spawn(watched);
    }
}

/// One stream of an HTTP/2 connection. Dropping the inner future resets it.
struct Watched<F> {
    stream: Pin<Box<F>>,
    sent: Sent,
    limit: Duration,
    /// Runs while a chunk waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ()>> Future for Watched<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let before = self.sent;
        let Self { stream, sent, limit, waiting } = &mut *self;
        let (done, now) = SENT.sync_scope(Cell::new(before), || {
            let done = stream.as_mut().poll(context);
            (done, SENT.with(Cell::get))
        });
        *sent = now;
        if done.is_ready() {
            return Poll::Ready(());
        }
        if !now.waits_for_peer {
            *waiting = None;
            return Poll::Pending;
        }
        let until = Instant::now() + *limit;
        let sleeping = waiting.get_or_insert_with(|| Box::pin(sleep(*limit)));
        if now.chunks != before.chunks {
            sleeping.as_mut().reset(until);
        }
        ready!(sleeping.as_mut().poll(context));
        debug!("a stream is reset: its peer does not read");
        Poll::Ready(())
    }
}

/// Splits the body of a response into chunks, and lets [`StreamExecutor`] see how they are handed over.
pub(crate) async fn chunked(response: Response) -> Response {
    response.map(
        |body| {
            if body.is_end_stream() { body } else { Body::new(Chunked { body, rest: Bytes::new() }) }
        },
    )
}

struct Chunked {
    body: Body,
    /// What is left of the last piece.
    rest: Bytes,
}

impl Chunked {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let chunk = self.rest.split_to(self.rest.len().min(CHUNK_BYTES));
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}

impl hyper::body::Body for Chunked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = self.poll_chunk(context);
        // HTTP/1 ignores it.
        let _ = SENT.try_with(|sent| {
            let Sent { chunks, .. } = sent.get();
            let waits_for_peer = polled.is_ready();
            sent.set(Sent { chunks: chunks + u64::from(waits_for_peer), waits_for_peer });
        });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_is_split_and_nothing_is_lost() {
        let bytes = Bytes::from(vec![7; 3 * CHUNK_BYTES + 1]);
        let mut body = chunked(Response::new(Body::from(bytes.clone()))).await.into_body();
        assert_eq!(body.size_hint().exact(), Some(bytes.len() as u64));
        let mut sizes = Vec::new();
        while let Some(frame) = body.frame().await {
            sizes.push(frame.unwrap().into_data().unwrap().len());
            let left = bytes.len() - sizes.iter().sum::<usize>();
            assert_eq!(body.size_hint().exact(), Some(left as u64));
            assert_eq!(body.is_end_stream(), left == 0);
        }
        assert_eq!(sizes, [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 1]);
    }
}
