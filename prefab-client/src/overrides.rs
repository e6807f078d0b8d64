//! Values that a program, such as a test, sets by hand.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use prefab_core::Entry;

use crate::engine::Engine;

/// Keeps a value set by hand; dropping it brings back what was there.
#[must_use = "the value is set back when this is dropped"]
pub struct Override {
    engine: Weak<Engine>,
    key: String,
    before: Option<Entry>,
}

impl Override {
    pub(crate) fn new(engine: &Arc<Engine>, key: &str, entry: Entry) -> Self {
        let before = engine.set_program(key, Some(entry));
        Self { engine: Arc::downgrade(engine), key: key.to_owned(), before }
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.set_program(&self.key, self.before.take());
        }
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Override").field("key", &self.key).finish_non_exhaustive()
    }
}
