//! The guard of a value that a program sets by hand.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use prefab_core::Entry;

use crate::engine::Engine;

/// Keeps a value set by hand; dropping it takes that value back.
///
/// Of several for one key the latest that is still kept holds, in whichever order they are dropped.
#[must_use = "the value is set back when this is dropped"]
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
