//! Limits of request bodies: size, time and a minimum rate.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Version, header};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::api::{error::ApiError, state::App};
use crate::listen::{Activity, Turn};
use prefab_service::limits::Limits;

/// The path of imports, which may be larger than other bodies.
pub(crate) const IMPORT: &str = "/api/manage/v1/projects/{project}/import";
pub(crate) const MAX_IMPORT_BYTES: usize = 256 << 20;

/// Limits the body of a request. If it is too large or too slow, the response is 413 or 408, independent of
/// the handler, and the connection is closed.
pub(super) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let bounds = Bounds::of(app.limits.limits(), &request);
    let activity = request.extensions().get().cloned();
    let excess = Arc::new(OnceLock::new());
    let is_http1 = request.version() <= Version::HTTP_11;
    let request = request.map(|body| {
        Body::new(LimitedBody { body, bounds, activity, excess: Arc::clone(&excess), progress: None })
    });
    let mut response = next.run(request).await;
    if let Some(excess) = excess.get() {
        response = match excess {
            Excess::Size => ApiError::TooLarge(bounds.bytes),
            Excess::Time => ApiError::TooSlow,
        }
        .into_response();
        // HTTP/2 resets the stream instead.
        if is_http1 {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

#[derive(Clone, Copy)]
struct Bounds {
    bytes: usize,
    time: Duration,
    bytes_per_second: usize,
}

impl Bounds {
    fn of(limits: &Limits, request: &Request) -> Self {
        let path = request.extensions().get::<MatchedPath>();
        let is_import = path.is_some_and(|path| path.as_str() == IMPORT);
        Self {
            bytes: if is_import { limits.body_bytes.max(MAX_IMPORT_BYTES) } else { limits.body_bytes },
            time: limits.body_timeout,
            bytes_per_second: limits.body_bytes_per_second,
        }
    }

    /// Returns the deadline of the next byte.
    fn deadline(&self, started: Instant, received: usize) -> Instant {
        let seconds = received / self.bytes_per_second.max(1);
        started + self.time + Duration::from_secs(seconds as u64)
    }
}

/// The limit that a body exceeds.
#[derive(Clone, Copy)]
enum Excess {
    Size,
    Time,
}

/// A body that fails if it is too large or too slow.
struct LimitedBody {
    body: Body,
    bounds: Bounds,
    activity: Option<Activity>,
    excess: Arc<OnceLock<Excess>>,
    /// `None` until the handler starts to read. The time before does not count.
    progress: Option<Progress>,
}

struct Progress {
    started: Instant,
    received: usize,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
    first_wait: Option<Turn>,
}

impl LimitedBody {
    fn fail(&self, excess: Excess) -> axum::Error {
        let _ = self.excess.set(excess);
        axum::Error::new(io::Error::other(match excess {
            Excess::Size => "the body is too large",
            Excess::Time => "the body arrives too slowly",
        }))
    }

    fn wait(&mut self, is_waiting: bool) {
        let (Some(progress), Some(activity)) = (&mut self.progress, &self.activity) else { return };
        match (progress.is_waiting, is_waiting) {
            (false, true) => activity.body_waits(&mut progress.first_wait),
            (true, false) => activity.body_arrived(),
            _ => {}
        }
        progress.is_waiting = is_waiting;
    }
}

impl HttpBody for LimitedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        let bounds = this.bounds;
        let progress = this.progress.get_or_insert_with(|| {
            let started = Instant::now();
            let timer = Box::pin(sleep_until(bounds.deadline(started, 0)));
            Progress { started, received: 0, timer, is_waiting: false, first_wait: None }
        });
        if let Poll::Ready(frame) = polled {
            let length = match &frame {
                Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
                _ => 0,
            };
            progress.received = progress.received.saturating_add(length);
            let is_too_large = progress.received > bounds.bytes;
            this.wait(false);
            return Poll::Ready(if is_too_large { Some(Err(this.fail(Excess::Size))) } else { frame });
        }
        let deadline = bounds.deadline(progress.started, progress.received);
        if progress.timer.deadline() != deadline {
            progress.timer.as_mut().reset(deadline);
        }
        let is_over = progress.timer.as_mut().poll(context).is_ready();
        this.wait(!is_over);
        if !is_over {
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(this.fail(Excess::Time))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for LimitedBody {
    fn drop(&mut self) {
        self.wait(false);
    }
}
