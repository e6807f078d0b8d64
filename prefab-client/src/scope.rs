//! The contexts of the work that is going on: of a request, a job, a message.
//!
//! A scope holds for every client and every call made while it is open, on this thread or in this task.
//! Inner scopes replace outer ones and give them back when they end.
//!
//! ```
//! use prefab_client::{Client, Context, scope};
//!
//! # let client = Client::in_memory().build()?;
//! let user = Context::new("user").with("key", "u-1");
//! {
//!     let _open = scope::enter(user.clone());
//!     client.enabled("new-checkout"); // asked for u-1
//! }
//! client.enabled("new-checkout"); // asked for nobody
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! scope::run(user, async {
//!     client.enabled("new-checkout"); // asked for u-1, across every await
//! })
//! .await;
//! # });
//! # Ok::<(), prefab_client::Error>(())
//! ```
//!
//! A task that is spawned from within a scope starts outside of it: wrap it with
//! [`run`]`(`[`current`]`(), …)` to take the scope along.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use prefab_core::ContextSet;

use crate::{no_context::NO_CONTEXTS, thread};

/// Opens a scope on this thread until the guard is dropped.
///
/// Not to be kept across an `.await`, where the thread goes on with other tasks: that is what [`run`] is for.
#[must_use = "the scope ends when the guard is dropped"]
pub fn enter(contexts: impl Into<Arc<ContextSet>>) -> ScopeGuard {
    let contexts = contexts.into();
    let number = thread::with(|thread| thread.open.add(thread.scope.replace(Some(contexts))));
    ScopeGuard { number, not_send: PhantomData }
}

/// Opens a scope that keeps the outer one's contexts, save those that `contexts` names.
#[must_use = "the scope ends when the guard is dropped"]
pub fn enter_merged(contexts: &ContextSet) -> ScopeGuard {
    enter(current().merged(contexts))
}

/// Runs a future within a scope, whichever threads it runs on.
pub fn run<F: Future>(contexts: impl Into<Arc<ContextSet>>, future: F) -> ScopedFuture<F> {
    ScopedFuture { contexts: contexts.into(), future: Box::pin(future) }
}

/// Returns the contexts of the innermost open scope; empty outside of any.
pub fn current() -> Arc<ContextSet> {
    thread::with(|thread| {
        let scope = thread.scope.take();
        thread.scope.set(scope.clone());
        scope
    })
    .flatten()
    .unwrap_or_default()
}

fn replace(contexts: Option<Arc<ContextSet>>) -> Option<Arc<ContextSet>> {
    thread::with(|thread| thread.scope.replace(contexts)).flatten()
}

#[inline(never)]
fn put_back(contexts: Arc<ContextSet>) {
    replace(Some(contexts));
}

/// Tells whether a scope is open on this thread.
#[cfg(feature = "telemetry")]
#[inline]
pub(crate) fn is_open() -> bool {
    let scope = InnermostScope::take();
    scope.0.is_some()
}

/// The innermost scope's contexts, taken out of the thread until this is dropped: for where nobody else asks.
pub(crate) struct InnermostScope(Option<Arc<ContextSet>>);

impl InnermostScope {
    #[inline]
    pub(crate) fn take() -> Self {
        Self(thread::with(|thread| thread.scope.take()).flatten())
    }

    #[inline]
    pub(crate) fn contexts(&self) -> &ContextSet {
        self.0.as_deref().unwrap_or(&NO_CONTEXTS)
    }
}

impl Drop for InnermostScope {
    #[inline]
    fn drop(&mut self) {
        if let Some(contexts) = self.0.take() {
            put_back(contexts);
        }
    }
}

/// Keeps a scope open on the thread that opened it.
///
/// Guards may be dropped in any order: one that goes before those opened after it takes its own scope away and leaves
/// theirs.
#[derive(Debug)]
pub struct ScopeGuard {
    /// Absent where the thread was going down.
    number: Option<u64>,
    /// Giving the outer scope back to another thread would be wrong.
    not_send: PhantomData<*const ()>,
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let ended = thread::with(|thread| thread.open.end(number, &thread.scope));
            drop(ended);
        }
    }
}

/// A future within a scope; see [`run`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F> {
    contexts: Arc<ContextSet>,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let _open = enter(Arc::clone(&self.contexts));
        self.future.as_mut().poll(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::Context;
    use proptest::prelude::*;

    fn named(name: &str) -> ContextSet {
        Context::new(name.to_owned()).with("key", "1").into()
    }

    fn names() -> Vec<String> {
        current().iter().map(|context| context.name().to_owned()).collect()
    }

    #[test]
    fn an_inner_scope_replaces_the_outer_one_and_gives_it_back() {
        let outer = enter(named("outer"));
        {
            let _inner = enter(named("inner"));
            assert_eq!(names(), ["inner"]);
        }
        {
            let _merged = enter_merged(&named("inner"));
            assert_eq!(names(), ["outer", "inner"]);
        }
        assert_eq!(names(), ["outer"]);
        drop(outer);
        assert!(names().is_empty());
    }

    proptest! {
        #[test]
        fn guards_may_go_in_any_order(steps in prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..20)) {
            let mut open = Vec::new();
            for (at, step) in steps.into_iter().enumerate() {
                match step.filter(|_| !open.is_empty()) {
                    Some(which) => drop(open.remove(which.index(open.len()))),
                    None => open.push((format!("scope-{at}"), enter(named(&format!("scope-{at}"))))),
                }
                let innermost: Vec<_> = open.last().map(|(name, _)| name.clone()).into_iter().collect();
                prop_assert_eq!(names(), innermost);
            }
            drop(open);
            prop_assert!(names().is_empty());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tasks_side_by_side_keep_their_own_scopes() {
        let tasks: Vec<_> = (0..20)
            .map(|at| {
                let name = format!("user-{at}");
                tokio::spawn(run(named(&name), async move {
                    for _ in 0..20 {
                        assert_eq!(names(), [name.as_str()]);
                        tokio::task::yield_now().await;
                    }
                }))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(names().is_empty());
    }
}
