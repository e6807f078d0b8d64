//! What each thread keeps for itself, so that a call need not ask others for it.
//!
//! A call takes out what it needs and puts it back, so that nothing heavy runs inside of the thread's own state:
//! what runs in there the compiler does not take into its caller.

use std::{cell::Cell, sync::Arc};

use prefab_core::ContextSet;

use crate::{published::Seen, scope::Open};

/// The state of one thread.
pub(crate) struct Thread {
    /// The innermost open scope.
    pub(crate) scope: Cell<Option<Arc<ContextSet>>>,
    /// What to give back when scopes end.
    pub(crate) open: Open,
    /// The rulesets that were read last.
    pub(crate) seen: Seen,
}

thread_local! {
    static THREAD: Thread = const { Thread { scope: Cell::new(None), open: Open::new(), seen: Seen::new() } };
}

/// Hands the calling thread's state over; a thread that is going down has none any more.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
pub(crate) fn with<R>(attempt: impl FnOnce(&Thread) -> R) -> Option<R> {
    THREAD.try_with(attempt).ok()
}
