//! What each thread keeps for itself, so that a call need not ask others for it.
//!
//! A call takes out what it needs and puts it back, so that nothing heavy runs inside of the thread's own state:
//! what runs in there the compiler does not take into its caller.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use prefab_core::ContextSet;
use prefab_eval::Ruleset;

/// The state of one thread.
pub(crate) struct Thread {
    /// The innermost open scope.
    pub(crate) scope: Cell<Option<Arc<ContextSet>>>,
    /// What to give back when scopes end.
    pub(crate) open: OpenScopes,
    /// The rulesets that were read last.
    pub(crate) cache: ThreadCache,
}

thread_local! {
    static THREAD: Thread = const { Thread { scope: Cell::new(None), open: OpenScopes::new(), cache: ThreadCache::new() } };
}

/// Hands the calling thread's state over; a thread that is going down has none any more.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
pub(crate) fn with<R>(attempt: impl FnOnce(&Thread) -> R) -> Option<R> {
    THREAD.try_with(attempt).ok()
}

/// The rulesets that a thread read last.
pub(crate) struct ThreadCache([CacheSlot; CLIENTS]);

/// A ruleset and its client's counters, absent while they are used, and the ruleset's generation; 0 is nobody's.
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

    /// Returns the slot that the client `number` shares with others.
    #[inline]
    pub(crate) fn slot(&self, number: usize) -> &CacheSlot {
        &self.0[number % CLIENTS]
    }
}

/// Of how many clients a thread keeps something. A power of two.
const CLIENTS: usize = 4;

/// What a thread counts with.
#[cfg(feature = "telemetry")]
pub(crate) use prefab_telemetry::ThreadCounters;

/// Nobody counts.
#[cfg(not(feature = "telemetry"))]
#[derive(Default)]
pub(crate) struct ThreadCounters;

#[cfg(not(feature = "telemetry"))]
impl ThreadCounters {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as where there are counters")]
    pub(crate) const fn is_new(&self) -> bool {
        true
    }
}

/// The open scopes of a thread, the innermost last: each by its number, with the contexts that held before it.
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

    /// Ends a scope, and returns its contexts.
    pub(crate) fn end(&self, number: u64, innermost: &Cell<Contexts>) -> Contexts {
        let mut scopes = self.scopes.borrow_mut();
        let at = scopes.iter().rposition(|(other, _)| *other == number)?;
        let (_, before) = scopes.remove(at);
        match scopes.get_mut(at) {
            // What held before it now holds before the one that was opened after it.
            Some((_, after)) => std::mem::replace(after, before),
            None => innermost.replace(before),
        }
    }
}
