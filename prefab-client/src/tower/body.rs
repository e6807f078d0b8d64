//! The scope of a request, extended to the body of its response.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use prefab_core::ContextSet;
use tower_layer::Layer;
use tower_service::Service;

use super::{ContextLayer, ContextService};
use crate::scope::{self, ScopedFuture};

/// A layer like [`ContextLayer`] whose scope covers the body of the response, too; created by
/// [`ContextLayer::with_response_bodies`].
#[derive(Clone, Copy, Debug)]
pub struct BodyContextLayer<F> {
    contexts: ContextLayer<F>,
}

impl<F> BodyContextLayer<F> {
    pub(super) fn new(contexts: ContextLayer<F>) -> Self {
        Self { contexts }
    }
}

impl<S, F: Clone> Layer<S> for BodyContextLayer<F> {
    type Service = BodyContextService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyContextService { contexts: self.contexts.layer(inner) }
    }
}

/// A service with a scope around each request and the body of its response; created by [`BodyContextLayer`].
#[derive(Clone, Copy, Debug)]
pub struct BodyContextService<S, F> {
    contexts: ContextService<S, F>,
}

impl<R, S, F, B> Service<R> for BodyContextService<S, F>
where
    S: Service<R, Response = http::Response<B>>,
    F: Fn(&R) -> ContextSet,
{
    type Response = http::Response<ScopedBody<B>>;
    type Error = S::Error;
    type Future = ScopedResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<R>::poll_ready(&mut self.contexts, task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (contexts, response) = self.contexts.call_within(request);
        ScopedResponseFuture { contexts, response }
    }
}

/// The response of a [`BodyContextService`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ScopedResponseFuture<F> {
    contexts: Arc<ContextSet>,
    response: ScopedFuture<F>,
}

impl<F, B, E> Future for ScopedResponseFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
{
    type Output = Result<http::Response<ScopedBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.response).poll(task));
        let contexts = Arc::clone(&self.contexts);
        Poll::Ready(
            response.map(|response| response.map(|body| ScopedBody { contexts, body: Some(Box::pin(body)) })),
        )
    }
}

/// A body within a scope; part of the responses of a [`BodyContextService`].
#[derive(Debug)]
pub struct ScopedBody<B> {
    contexts: Arc<ContextSet>,
    /// `None` only while it is dropped.
    body: Option<Pin<Box<B>>>,
}

impl<B: Body> Body for ScopedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let _open = scope::enter(Arc::clone(&self.contexts));
        match &mut self.body {
            Some(body) => body.as_mut().poll_frame(task),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl<B> Drop for ScopedBody<B> {
    fn drop(&mut self) {
        let _open = scope::enter(Arc::clone(&self.contexts));
        self.body = None;
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Mutex};

    use axum::body::{Body as AxumBody, Bytes};
    use futures_util::stream;
    use prefab_core::Context;
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    use super::*;

    type Seen = Arc<Mutex<Vec<String>>>;

    fn record(seen: &Seen, event: &str) {
        let names: Vec<String> = scope::current().iter().map(|context| context.name().to_owned()).collect();
        seen.lock().unwrap().push(format!("{event}: {}", names.join(" ")));
    }

    struct Probe(Seen);

    impl Drop for Probe {
        fn drop(&mut self) {
            record(&self.0, "dropped");
        }
    }

    #[tokio::test]
    async fn the_scope_covers_a_streaming_body_until_it_is_dropped() {
        let seen = Seen::default();
        let recorded = Arc::clone(&seen);
        let layer = ContextLayer::new(|(): &()| Context::new("user").with("key", "u-1").into());
        let service =
            ServiceBuilder::new().layer(layer.with_response_bodies()).service(service_fn(move |()| {
                let seen = Arc::clone(&recorded);
                async move {
                    let probe = Probe(Arc::clone(&seen));
                    let parts = stream::unfold((probe, 0), |(probe, nth)| async move {
                        tokio::task::yield_now().await;
                        record(&probe.0, "part");
                        (nth < 2)
                            .then(|| (Ok::<_, Infallible>(Bytes::from_static(b"part")), (probe, nth + 1)))
                    });
                    Ok::<_, Infallible>(http::Response::new(AxumBody::from_stream(parts)))
                }
            }));
        // The whole body is read.
        let response = service.clone().oneshot(()).await.unwrap();
        let body = AxumBody::new(response.into_body());
        assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), "partpart");
        let expected = ["part: user", "part: user", "part: user", "dropped: user"];
        assert_eq!(*seen.lock().unwrap(), expected);
        // The client goes away.
        seen.lock().unwrap().clear();
        drop(service.oneshot(()).await.unwrap());
        assert_eq!(*seen.lock().unwrap(), ["dropped: user"]);
        assert_eq!(scope::current().iter().count(), 0);
    }
}
