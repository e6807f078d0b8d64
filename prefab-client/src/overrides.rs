//! Values that a program, such as a test, sets by hand.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Weak},
};

use prefab_core::{Entry, Layer, Update};

use crate::engine::Engine;

/// Keeps a value set by hand; dropping it takes that value back.
///
/// Of several for one key the latest that is still kept holds, in whichever order they are dropped.
#[must_use = "the value is set back when this is dropped"]
pub struct Override {
    engine: Weak<Engine>,
    key: String,
    number: u64,
}

impl Override {
    pub(crate) fn new(engine: &Arc<Engine>, key: &str, entry: Entry) -> Self {
        let number = engine.set_program(key, entry);
        Self { engine: Arc::downgrade(engine), key: key.to_owned(), number }
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.unset_program(&self.key, self.number);
        }
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Override").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What is set of each key, with the numbers by which it is taken back; the last of each holds.
#[derive(Default)]
pub(crate) struct Overrides {
    set: BTreeMap<String, Vec<(u64, Entry)>>,
    last: u64,
}

impl Overrides {
    pub(crate) fn set(&mut self, key: &str, entry: Entry) -> u64 {
        self.last += 1;
        self.set.entry(key.to_owned()).or_default().push((self.last, entry));
        self.last
    }

    pub(crate) fn unset(&mut self, key: &str, number: u64) {
        if let Some(set) = self.set.get_mut(key) {
            set.retain(|(of, _)| *of != number);
            if set.is_empty() {
                self.set.remove(key);
            }
        }
    }

    /// Returns all that holds.
    pub(crate) fn update(&self) -> Update {
        let holds = self.set.values().filter_map(|set| set.last());
        let entries = holds.map(|(_, entry)| entry.clone()).collect();
        Update::Replace { slot: Layer::ProgramOverride.into(), entries }
    }
}
