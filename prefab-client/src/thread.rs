//! Thread-local caches of the client.
//!
//! A call takes what it needs out of the thread's state and puts it back, so that no work runs inside of the access to
//! the thread-local variable: the compiler does not inline that work into its caller.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use prefab_core::ContextSet;
use prefab_eval::Ruleset;

/// The state of one thread.
pub(crate) struct Thread {
    /// The contexts of the current scope.
    pub(crate) scope: Cell<Option<Arc<ContextSet>>>,
    /// The outer scopes, to be restored when scopes end.
    pub(crate) open: OpenScopes,
    /// The rulesets that were read last.
    pub(crate) cache: ThreadCache,
}

thread_local! {
    static THREAD: Thread = const { Thread { scope: Cell::new(None), open: OpenScopes::new(), cache: ThreadCache::new() } };
}

/// Passes the calling thread's state to `attempt`; `None` if the thread is being destroyed.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
pub(crate) fn with<R>(attempt: impl FnOnce(&Thread) -> R) -> Option<R> {
    THREAD.try_with(attempt).ok()
}

/// The rulesets that a thread read last, one slot per client.
pub(crate) struct ThreadCache([CacheSlot; CLIENTS]);

/// A ruleset with its generation, and the counters of its client. Both are absent while a call uses them. Generation 0
/// means that the slot is empty.
pub(crate) struct CacheSlot {
    pub(crate) generation: Cell<u64>,
    pub(crate) rules: Cell<Option<Arc<Ruleset>>>,
    pub(crate) counters: Cell<ThreadCounters>,
}

impl ThreadCache {
    pub(crate) const fn new() -> Self {
        Self(
            [const {
                CacheSlot {
                    generation: Cell::new(0),
                    rules: Cell::new(None),
                    counters: Cell::new(ThreadCounters::new()),
                }
            }; CLIENTS],
        )
    }

    /// Returns the slot of the client with this number. Several clients may share it.
    #[inline]
    pub(crate) fn slot(&self, number: usize) -> &CacheSlot {
        &self.0[number % CLIENTS]
    }
}

/// The number of clients that a thread caches. A power of two.
const CLIENTS: usize = 4;

/// The thread's counters of evaluations.
#[cfg(feature = "telemetry")]
pub(crate) use prefab_telemetry::ThreadCounters;

/// Nothing is counted without the feature `telemetry`.
#[cfg(not(feature = "telemetry"))]
#[derive(Default)]
pub(crate) struct ThreadCounters;

#[cfg(not(feature = "telemetry"))]
impl ThreadCounters {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "same signature as with the feature `telemetry`")]
    pub(crate) const fn is_new(&self) -> bool {
        true
    }
}

/// The open scopes of a thread, the innermost last: each with its number and the contexts of the scope around it.
pub(crate) struct OpenScopes {
    scopes: RefCell<Vec<(u64, Contexts)>>,
    next: Cell<u64>,
}

pub(crate) type Contexts = Option<Arc<ContextSet>>;

impl OpenScopes {
    pub(crate) const fn new() -> Self {
        Self { scopes: RefCell::new(Vec::new()), next: Cell::new(0) }
    }

    pub(crate) fn add(&self, before: Contexts) -> u64 {
        let number = self.next.get();
        self.next.set(number + 1);
        self.scopes.borrow_mut().push((number, before));
        number
    }

    /// Ends a scope and returns its contexts.
    pub(crate) fn end(&self, number: u64, innermost: &Cell<Contexts>) -> Contexts {
        let mut scopes = self.scopes.borrow_mut();
        let at = scopes.iter().rposition(|(other, _)| *other == number)?;
        let (_, before) = scopes.remove(at);
        match scopes.get_mut(at) {
            // The scope that was opened after it is now within the scope around it.
            Some((_, after)) => std::mem::replace(after, before),
            None => innermost.replace(before),
        }
    }
}
