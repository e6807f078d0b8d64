//! Overrides that a program or a test sets.

use std::collections::BTreeMap;

use prefab_core::{Entry, Layer, Update};

/// The overrides of each key, each with a number by which it is removed; the last one of each key applies.
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

    /// Returns all overrides in effect.
    pub(crate) fn update(&self) -> Update {
        let newest = self.set.values().filter_map(|set| set.last());
        let entries = newest.map(|(_, entry)| entry.clone()).collect();
        Update::Replace { slot: Layer::ProgramOverride.into(), entries }
    }
}
