//! A scope for each request, for servers made of `tower` services, `axum` among them.
//!
//! ```
//! use axum::{Router, extract::Request, routing::get};
//! use prefab_client::{Context, ContextSet, tower::ContextLayer};
//!
//! fn who_asks(request: &Request) -> ContextSet {
//!     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
//!     Context::new("user").with("key", user).into()
//! }
//!
//! let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(ContextLayer::new(who_asks));
//! # drop(app);
//! ```
//!
//! Of the layers of a router, what is added later runs first: add the one that finds out who asks after this one, and
//! read what it left in `request.extensions()`.
//!
//! All that is asked while the request is worked on is asked for it: configs, flags and log levels, across every
//! `.await`. A task that the handler spawns is on its own: take the scope along with
//! [`run`](crate::scope::run)`(`[`current`](crate::scope::current)`(), task)`. So is the body of a
//! response, where it is made only while it is sent.

use std::{
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use prefab_core::ContextSet;
use tower_layer::Layer;
use tower_service::Service;

use crate::scope::{self, ScopedFuture};

/// Opens a scope around each request, with the contexts that a function finds in it.
///
/// A scope that is open already, of another such layer further out, keeps the contexts that this one does not
/// name.
#[derive(Clone, Copy, Debug)]
pub struct ContextLayer<F> {
    extract: F,
}

impl<F> ContextLayer<F> {
    /// Returns a layer that takes contexts from requests with `extract`.
    pub fn new<R>(extract: F) -> Self
    where
        F: Fn(&R) -> ContextSet,
    {
        Self { extract }
    }
}

impl<S, F: Clone> Layer<S> for ContextLayer<F> {
    type Service = ContextService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        ContextService { inner, extract: self.extract.clone() }
    }
}

/// A service whose requests have a scope; made by [`ContextLayer`].
#[derive(Clone, Copy, Debug)]
pub struct ContextService<S, F> {
    inner: S,
    extract: F,
}

impl<R, S, F> Service<R> for ContextService<S, F>
where
    S: Service<R>,
    F: Fn(&R) -> ContextSet,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ScopedFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let contexts = Arc::new(scope::current().merged(&(self.extract)(&request)));
        // Services may do part of their work here, before there is a future.
        let _open = scope::enter(Arc::clone(&contexts));
        scope::run(contexts, self.inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::Context;
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};

    fn names() -> Vec<String> {
        scope::current().iter().map(|context| context.name().to_owned()).collect()
    }

    #[tokio::test]
    async fn an_inner_layer_adds_to_the_scope_and_nothing_stays_behind() {
        let named =
            |name: &'static str| move |key: &String| Context::new(name).with("key", key.as_str()).into();
        let service = ServiceBuilder::new()
            .layer(ContextLayer::new(named("device")))
            .layer(ContextLayer::new(named("user")))
            .service(service_fn(|_: String| {
                let at_call = names();
                async move {
                    tokio::task::yield_now().await;
                    Ok::<_, ()>((at_call, names()))
                }
            }));
        let (at_call, later) = service.oneshot("u-1".to_owned()).await.unwrap();
        assert_eq!(at_call, ["device", "user"]);
        assert_eq!(later, ["device", "user"]);
        assert!(names().is_empty());
    }
}
