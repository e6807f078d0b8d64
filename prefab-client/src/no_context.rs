//! An empty set of contexts to borrow.

use prefab_core::ContextSet;

/// A set without contexts.
pub(crate) static NO_CONTEXTS: ContextSet = ContextSet::new();
