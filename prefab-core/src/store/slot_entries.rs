//! The entries of one slot.

use std::{
    borrow::Borrow,
    collections::HashSet,
    hash::{Hash, Hasher},
};

use foldhash::fast::RandomState;

use super::Entry;

/// A map from keys to entries. The keys are stored in the entries only.
#[derive(Clone, Debug, Default)]
pub(super) struct SlotEntries(HashSet<ByKey, RandomState>);

#[derive(Clone, Debug)]
struct ByKey(Entry);

impl SlotEntries {
    pub(super) fn with_capacity(entries: usize) -> Self {
        Self(HashSet::with_capacity_and_hasher(entries, RandomState::default()))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key).map(|ByKey(entry)| entry)
    }

    /// Inserts an entry, replacing the one with the same key.
    pub(super) fn put(&mut self, entry: Entry) {
        self.0.replace(ByKey(entry));
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().map(|ByKey(entry)| entry)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Borrow<str> for ByKey {
    fn borrow(&self) -> &str {
        self.0.key()
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key().hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for ByKey {}
