//! Being told of changes.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// What changed, all at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The keys for which another config stands now; those that are gone, too.
    pub keys: BTreeSet<Arc<str>>,
}

type Listener = dyn Fn(&Change) + Send + Sync;

/// Keeps a listener listening; dropping it ends that.
pub struct Subscription {
    _listener: Arc<Listener>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Calls what the program gave. A panic in it would end the thread that keeps the client current, and is for the
/// program's panic hook to tell of; here it is logged.
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

    /// Tells every listener, if there is one, without a lock that one of them could ask for.
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
            call(
                || listener(&change),
                "a listener of `on_change` has panicked; it is called again at the next",
            );
        }
    }
}
