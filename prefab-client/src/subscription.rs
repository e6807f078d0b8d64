//! Notifications about changes.

use std::{
    any::Any,
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

type Listener<T> = dyn Fn(&T) + Send + Sync;

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
    _listener: Arc<dyn Any + Send + Sync>,
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

/// The listeners of a client for one kind of event.
pub(crate) struct Listeners<T> {
    listeners: Mutex<Vec<Weak<Listener<T>>>>,
    if_one_panics: &'static str,
}

impl<T> Listeners<T> {
    /// Returns an empty list. A panic of a listener is logged with this message.
    pub(crate) const fn new(if_one_panics: &'static str) -> Self {
        Self { listeners: Mutex::new(Vec::new()), if_one_panics }
    }

    pub(crate) fn add(&self, listener: impl Fn(&T) + Send + Sync + 'static) -> Subscription {
        let owned = Arc::new(listener);
        let listener: Arc<Listener<T>> = owned.clone();
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::downgrade(&listener));
        Subscription { _listener: owned }
    }

    /// Returns whether a listener is registered.
    #[cfg(feature = "telemetry")]
    pub(crate) fn is_listening(&self) -> bool {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().any(|listener| listener.strong_count() > 0)
    }

    /// Calls every listener, without holding a lock, since a listener may use the client.
    pub(crate) fn notify(&self, event: impl FnOnce() -> T) {
        let listening: Vec<Arc<Listener<T>>> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.retain(|listener| listener.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        if listening.is_empty() {
            return;
        }
        let event = event();
        for listener in listening {
            call(|| listener(&event), self.if_one_panics);
        }
    }
}
