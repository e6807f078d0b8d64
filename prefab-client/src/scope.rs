//! Contexts for the current request, job or message.
//!
//! While a scope is open, its contexts apply to all calls on all clients, on the thread or in the future that opened
//! it. An inner scope replaces the outer one until the inner one ends.
//!
//! # Examples
//!
//! ```
//! use prefab_client::{Client, Context, scope};
//!
//! # let client = Client::in_memory().build()?;
//! let user = Context::new("user").with("key", "u-1");
//! {
//!     let _scope = scope::enter(user.clone());
//!     client.enabled("new-checkout"); // evaluated for u-1
//! }
//! client.enabled("new-checkout"); // evaluated without a user
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! scope::run(user, async {
//!     client.enabled("new-checkout"); // evaluated for u-1, also after an await
//! })
//! .await;
//! # });
//! # Ok::<(), prefab_client::Error>(())
//! ```
//!
//! # Spawned tasks
//!
//! A spawned task does not inherit the scope. Wrap it: `tokio::spawn(scope::run(scope::current(), task))`.

use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use prefab_core::ContextSet;

use crate::{no_context::NO_CONTEXTS, thread};

/// Opens a scope on this thread, until the guard is dropped.
///
/// Do not hold the guard across an `.await`, because the thread may run other tasks in the meantime. Use [`run`] for
/// futures.
///
/// # Examples
///
/// ```
/// use prefab_client::{Context, scope};
///
/// let guard = scope::enter(Context::new("user").with("key", "u-1"));
/// assert_eq!(scope::current().iter().count(), 1);
/// drop(guard);
/// assert_eq!(scope::current().iter().count(), 0);
/// ```
#[must_use = "the scope ends when the guard is dropped"]
pub fn enter(contexts: impl Into<Arc<ContextSet>>) -> ScopeGuard {
    let contexts = contexts.into();
    let number = thread::with(|thread| thread.open.add(thread.scope.replace(Some(contexts))));
    ScopeGuard { number, not_send: PhantomData }
}

/// Opens a scope that adds `contexts` to the contexts of the outer scope, until the guard is dropped.
///
/// If both contain a context with the same name, the one in `contexts` is used.
///
/// # Examples
///
/// ```
/// use prefab_client::{Context, ContextSet, scope};
///
/// let _request = scope::enter(Context::new("user").with("key", "u-1"));
/// let _job = scope::enter_merged(&ContextSet::from(Context::new("job").with("key", "j-7")));
/// assert_eq!(scope::current().iter().count(), 2);
/// ```
#[must_use = "the scope ends when the guard is dropped"]
pub fn enter_merged(contexts: &ContextSet) -> ScopeGuard {
    enter(current().overlay(contexts))
}

/// Runs a future within a scope, on whichever thread it is polled.
///
/// The scope is also open while the future is dropped, whether the future has finished, was cancelled or was never
/// polled.
///
/// # Examples
///
/// ```
/// use prefab_client::{Context, scope};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let user = Context::new("user").with("key", "u-1");
/// let contexts = scope::run(user, async { scope::current().iter().count() }).await;
/// assert_eq!(contexts, 1);
/// # }
/// ```
pub fn run<F: Future>(contexts: impl Into<Arc<ContextSet>>, future: F) -> ScopedFuture<F> {
    ScopedFuture { contexts: contexts.into(), future: Some(Box::pin(future)) }
}

/// Returns the contexts of the current scope, or an empty set if no scope is open.
///
/// # Examples
///
/// ```
/// use prefab_client::scope;
///
/// # async fn task() {}
/// # async fn handler() {
/// tokio::spawn(scope::run(scope::current(), task()));
/// # }
/// ```
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

/// Returns whether a scope is open on this thread.
#[cfg(feature = "telemetry")]
#[inline]
pub(crate) fn is_open() -> bool {
    let scope = InnermostScope::take();
    scope.0.is_some()
}

/// The contexts of the current scope, removed from the thread's state until this is dropped. Until then, no other code
/// on the thread may read the scope.
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

/// Keeps a scope open on the thread that opened it; see [`enter`].
///
/// Guards may be dropped in any order. Each one removes only its own scope.
#[derive(Debug)]
pub struct ScopeGuard {
    /// `None` if the thread was being destroyed.
    number: Option<u64>,
    /// A guard must be dropped on the thread that created it.
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

/// A future within a scope; created by [`run`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F> {
    contexts: Arc<ContextSet>,
    /// `None` after the future has finished.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let _open = enter(Arc::clone(&self.contexts));
        let Some(future) = &mut self.future else { return Poll::Pending };
        let polled = future.as_mut().poll(task);
        if polled.is_ready() {
            self.future = None;
        }
        polled
    }
}

impl<F> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        if self.future.is_some() {
            let _open = enter(Arc::clone(&self.contexts));
            self.future = None;
        }
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
    fn an_inner_scope_replaces_the_outer_one_until_it_ends() {
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
        fn guards_may_be_dropped_in_any_order(steps in prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..20)) {
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

    /// Records the contexts of the scope when it is dropped.
    struct Probe(Arc<std::sync::Mutex<Vec<String>>>);

    impl Drop for Probe {
        fn drop(&mut self) {
            self.0.lock().unwrap().extend(names());
        }
    }

    #[tokio::test]
    async fn the_scope_is_open_while_a_future_is_dropped() {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let task = |name: &str, is_endless: bool| {
            let probe = Probe(Arc::clone(&seen));
            run(named(name), async move {
                let _probe = probe;
                if is_endless {
                    std::future::pending::<()>().await;
                }
            })
        };
        drop(task("never polled", true));
        let cancelled =
            tokio::time::timeout(std::time::Duration::from_millis(1), task("cancelled", true)).await;
        assert!(cancelled.is_err());
        let aborted = tokio::spawn(task("aborted", true));
        tokio::task::yield_now().await;
        aborted.abort();
        assert!(aborted.await.unwrap_err().is_cancelled());
        task("finished", false).await;
        assert_eq!(*seen.lock().unwrap(), ["never polled", "cancelled", "aborted", "finished"]);
        assert!(names().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn concurrent_tasks_have_separate_scopes() {
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
