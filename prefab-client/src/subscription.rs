//! Notifications about changes.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// A change of the effective configs; see [`Client::on_change`](crate::Client::on_change).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The keys whose effective config has changed, including deleted ones.
    pub keys: BTreeSet<Arc<str>>,
}

type Listener = dyn Fn(&Change) + Send + Sync;

/// Keeps a listener registered; dropping it removes the listener.
///
/// # Examples
///
/// ```
/// use prefab_client::Client;
///
/// let client = Client::in_memory().build()?;
/// let subscription = client.on_change(|change| println!("changed: {:?}", change.keys));
/// drop(subscription);
/// # Ok::<(), prefab_client::Error>(())
/// ```
pub struct Subscription {
    _listener: Arc<Listener>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Calls a function of the program. A panic in it would end the client's thread, so it is caught and logged.
pub(crate) fn call(given: impl FnOnce(), if_it_panics: &'static str) {
    if catch_unwind(AssertUnwindSafe(given)).is_err() {
        tracing::error!(target: crate::log_target::LOG, "{if_it_panics}");
    }
}

/// The listeners of a client.
#[derive(Default)]
pub(crate) struct Listeners {
    listeners: Mutex<Vec<Weak<Listener>>>,
}

impl Listeners {
    pub(crate) fn add(&self, listener: impl Fn(&Change) + Send + Sync + 'static) -> Subscription {
        let listener: Arc<Listener> = Arc::new(listener);
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::downgrade(&listener));
        Subscription { _listener: listener }
    }

    /// Calls every listener, without holding a lock, since a listener may use the client.
    pub(crate) fn notify(&self, change: impl FnOnce() -> Change) {
        let listening: Vec<Arc<Listener>> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        if listening.is_empty() {
            return;
        }
        let change = change();
        for listener in listening {
            call(|| listener(&change), "on_change listener panicked; it stays registered");
        }
    }
}
