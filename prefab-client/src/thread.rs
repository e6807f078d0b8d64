//! What each thread keeps for itself, so that a call need not ask others for it.

use std::{cell::RefCell, sync::Arc};

use prefab_core::ContextSet;

use crate::published::Seen;

/// The state of one thread.
pub(crate) struct Thread {
    /// The innermost open scope.
    pub(crate) scope: Option<Arc<ContextSet>>,
    /// The rulesets that were read last.
    pub(crate) seen: Seen,
}

thread_local! {
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread { scope: None, seen: Seen::new() }) };
}

/// Hands the calling thread's state over, with what is to be done with it. What cannot be done comes back:
/// a thread that is going down has no state any more.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
pub(crate) fn with<T, R>(task: T, attempt: impl FnOnce(&RefCell<Thread>, T) -> Result<R, T>) -> Result<R, T> {
    if THREAD.try_with(|_| ()).is_err() {
        return Err(task);
    }
    THREAD.with(|thread| attempt(thread, task))
}
