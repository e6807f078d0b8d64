//! Values that a program, such as a test, sets by hand.

use std::collections::BTreeMap;

use prefab_core::{Entry, Layer, Update};

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
