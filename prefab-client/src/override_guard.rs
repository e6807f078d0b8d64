//! The guard of an override.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use prefab_core::Entry;

use crate::engine::Engine;

/// Keeps an override in effect; dropping it removes the override.
///
/// If a key has several overrides, the newest one applies. They may be dropped in any order.
///
/// # Examples
///
/// ```
/// use prefab_client::Client;
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// let first = client.override_value("max-jobs", 40);
/// let second = client.override_value("max-jobs", 50);
/// drop(second);
/// assert_eq!(client.get_or("max-jobs", 0), 40);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[must_use = "dropping the guard removes the override"]
pub struct OverrideGuard {
    engine: Weak<Engine>,
    key: String,
    number: u64,
}

impl OverrideGuard {
    pub(crate) fn new(engine: &Arc<Engine>, key: &str, entry: Entry) -> Self {
        let number = engine.set_program(key, entry);
        Self { engine: Arc::downgrade(engine), key: key.to_owned(), number }
    }
}

impl Drop for OverrideGuard {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.unset_program(&self.key, self.number);
        }
    }
}

impl fmt::Debug for OverrideGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverrideGuard").field("key", &self.key).finish_non_exhaustive()
    }
}
