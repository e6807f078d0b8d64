//! No contexts, for all who borrow some.

use prefab_core::ContextSet;

/// A set without any context.
pub(crate) static NO_CONTEXTS: ContextSet = ContextSet::new();
