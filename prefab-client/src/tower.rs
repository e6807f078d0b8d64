//! A scope for each request, for `axum` and other servers that consist of `tower` services.
//!
//! # Examples
//!
//! ```
//! use axum::{Router, extract::Request, routing::get};
//! use prefab_client::{Context, ContextSet, tower::ContextLayer};
//!
//! fn request_contexts(request: &Request) -> ContextSet {
//!     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
//!     Context::new("user").with("key", user).into()
//! }
//!
//! let app: Router =
//!     Router::new().route("/", get(|| async { "hello" })).layer(ContextLayer::new(request_contexts));
//! # drop(app);
//! ```
//!
//! # Order of layers
//!
//! The layer of a router that is added last runs first. Add the layer that authenticates the user after this one, and
//! read its result from `request.extensions()`.
//!
//! # What the scope covers
//!
//! The scope covers everything that the handler evaluates: configs, flags and log levels, also after an `.await`, and while
//! the future of a cancelled request is dropped. It does not cover a spawned task: wrap it with
//! [`scope::run`]`(`[`scope::current`]`(), task)`.
//!
//! [`ContextLayer::with_response_bodies`] extends it to the body of the response, which a server produces while it sends it.

mod body;

use std::{
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use prefab_core::ContextSet;
use tower_layer::Layer;
use tower_service::Service;

pub use self::body::{BodyContextLayer, BodyContextService, ScopedBody, ScopedResponseFuture};
use crate::scope::{self, ScopedFuture};

/// A layer that opens a scope around each request, with the contexts that a function extracts from it.
///
/// Contexts of an outer scope, for example of another such layer, remain unless this layer sets a context of the same
/// name.
///
/// # Examples
///
/// ```
/// use prefab_client::{Context, ContextSet, tower::ContextLayer};
///
/// let layer = ContextLayer::new(|user: &String| ContextSet::from(Context::new("user").with("key", user.as_str())));
/// # drop(layer);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ContextLayer<F> {
    extract: F,
}

impl<F> ContextLayer<F> {
    /// Returns a layer that extracts contexts from requests with `extract`.
    pub fn new<R>(extract: F) -> Self
    where
        F: Fn(&R) -> ContextSet,
    {
        Self { extract }
    }

    /// Extends the scope to the body of the response: while parts of it are produced, and while it is dropped.
    ///
    /// The responses of the service must be those of the crate `http`, as in `axum`.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, extract::Request, routing::get};
    /// use prefab_client::{Context, ContextSet, tower::ContextLayer};
    ///
    /// let user = |_: &Request| ContextSet::from(Context::new("user").with("key", "u-1"));
    /// let layer = ContextLayer::new(user).with_response_bodies();
    /// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(layer);
    /// # drop(app);
    /// ```
    pub fn with_response_bodies(self) -> BodyContextLayer<F> {
        BodyContextLayer::new(self)
    }
}

impl<S, F: Clone> Layer<S> for ContextLayer<F> {
    type Service = ContextService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        ContextService { inner, extract: self.extract.clone() }
    }
}

/// A service with a scope around each request; created by [`ContextLayer`].
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
        self.call_within(request).1
    }
}

impl<S, F> ContextService<S, F> {
    /// Calls the service within a scope. Returns the contexts of the scope, too.
    fn call_within<R>(&mut self, request: R) -> (Arc<ContextSet>, ScopedFuture<S::Future>)
    where
        S: Service<R>,
        F: Fn(&R) -> ContextSet,
    {
        let contexts = Arc::new(scope::current().overlay(&(self.extract)(&request)));
        // A service may do part of its work in `call`, before the future is polled.
        let _open = scope::enter(Arc::clone(&contexts));
        (Arc::clone(&contexts), scope::run(contexts, self.inner.call(request)))
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
    async fn an_inner_layer_adds_to_the_scope_of_an_outer_one() {
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
