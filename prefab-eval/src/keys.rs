//! The table of keys and their slots.

use std::{
    borrow::Cow,
    hash::{BuildHasher as _, Hasher as _},
    sync::Arc,
};

use foldhash::fast::FixedState;
use prefab_core::text::same;

/// The slot of each key. A key keeps its slot permanently, so that compiled references stay valid.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyTable {
    slots: Slots,
    /// The slots of the keys below `log-level`, by logger path, so that a lookup does not build a key.
    loggers: Slots,
    /// The number of logger paths that are written with `::`, as in Rust.
    rust_paths: usize,
    names: Vec<Arc<str>>,
}

/// Hashes a key. The seed is fixed, because only users who may change the configs choose keys, and loading a random
/// seed would slow down every lookup.
#[inline]
fn hash(key: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0x5eed).build_hasher();
    // `write` instead of `hash`, which would also hash a terminator.
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// A hash table from a text to its slot. At least half of the words are free, so a lookup usually reads one word.
#[derive(Clone, Debug)]
struct Slots {
    /// Open addressing. The upper half of a word is the upper half of the hash, the lower half the slot plus one; 0 is
    /// free. The length is a power of two.
    words: Box<[u64]>,
    len: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self { words: [0; 2].into(), len: 0 }
    }
}

/// Minimum number of words. A small table is mostly empty, so that lookups rarely collide.
const MIN_WORDS: usize = 64;

const TAG_MASK: u64 = 0xffff_ffff << 32;

impl Slots {
    #[inline]
    fn find(&self, hash: u64, is_match: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.words.len() - 1;
        // The lower half of the hash selects the first word, the upper half is compared with the word.
        #[expect(clippy::cast_possible_truncation, reason = "any part of the hash will do")]
        let mut at = hash as usize;
        loop {
            let word = *self.words.get(at & mask)?;
            if word == 0 {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the lower half is the slot")]
            let slot = (word as u32).wrapping_sub(1);
            if (word ^ hash) & TAG_MASK == 0 && is_match(slot) {
                return Some(slot);
            }
            at = at.wrapping_add(1);
        }
    }

    fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        self.len += 1;
        if self.len * 2 > self.words.len() {
            self.grow(self.words.len() * 4, hash_of);
        }
        self.put(hash, slot);
    }

    fn reserve(&mut self, more: usize, hash_of: impl Fn(u32) -> u64) {
        let expected = (self.len + more) * 2;
        if expected > self.words.len() {
            self.grow(expected.next_power_of_two(), hash_of);
        }
    }

    fn grow(&mut self, len: usize, hash_of: impl Fn(u32) -> u64) {
        let len = len.max(MIN_WORDS);
        let words = std::mem::replace(&mut self.words, vec![0; len].into());
        for slot in slots(&words) {
            self.put(hash_of(slot), slot);
        }
    }

    fn put(&mut self, hash: u64, slot: u32) {
        let mask = self.words.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "any part of the hash will do")]
        let mut at = hash as usize & mask;
        while self.words[at] != 0 {
            at = (at + 1) & mask;
        }
        self.words[at] = (hash & TAG_MASK) | (u64::from(slot) + 1);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is the slot")]
fn slots(words: &[u64]) -> impl Iterator<Item = u32> {
    words.iter().filter(|word| **word != 0).map(|word| (*word as u32).wrapping_sub(1))
}

const LOG_LEVEL: &str = "log-level";

impl KeyTable {
    #[inline]
    pub(crate) fn slot(&self, key: &str) -> Option<u32> {
        self.slots.find(hash(key), |slot| same(self.name(slot), key))
    }

    /// Returns whether the slot belongs to the key.
    #[inline]
    pub(crate) fn has_name(&self, slot: u32, key: &str) -> bool {
        self.names.get(slot as usize).is_some_and(|name| same(name, key))
    }

    /// Returns the slot of `log-level.<path>`, or of `log-level` for the empty path.
    ///
    /// The path is written with `.`; the key may be written with `::`. A key that is written with `.` takes precedence.
    ///
    /// Skips slots for which `has_config` returns `false`: the slot of a deleted key remains, and must not hide another
    /// spelling of the path.
    #[inline]
    pub(crate) fn logger(&self, path: &str, has_config: impl Fn(u32) -> bool) -> Option<u32> {
        let exact = self.loggers.find(hash(path), |slot| same(self.path(slot), path) && has_config(slot));
        if exact.is_some() || self.rust_paths == 0 { exact } else { self.rust_logger(path, has_config) }
    }

    #[cold]
    fn rust_logger(&self, path: &str, has_config: impl Fn(u32) -> bool) -> Option<u32> {
        self.loggers.find(hash(path), |slot| is_same_path(self.path(slot), path) && has_config(slot))
    }

    /// Returns the slots of `log-level` and of all keys below it.
    pub(crate) fn loggers(&self) -> impl Iterator<Item = u32> {
        slots(&self.loggers.words)
    }

    #[inline]
    pub(crate) fn name(&self, slot: u32) -> &str {
        self.names.get(slot as usize).map_or("", |name| name)
    }

    /// Returns the logger path in the key of a slot.
    #[inline]
    fn path(&self, slot: u32) -> &str {
        self.name(slot).get(LOG_LEVEL.len() + 1..).unwrap_or_default()
    }

    /// Returns the number of slots.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Reserves capacity.
    pub(crate) fn reserve(table: &mut Arc<Self>, keys: usize) {
        let Self { slots, names, .. } = Arc::make_mut(table);
        names.reserve_exact(keys);
        slots.reserve(keys, |slot| hash(names.get(slot as usize).map_or("", |name| name)));
    }

    /// Returns the slot of the key, inserting the key if it is new. A shared table is copied before an insertion.
    pub(crate) fn slot_or_insert(table: &mut Arc<Self>, key: &str, name: impl FnOnce() -> Arc<str>) -> u32 {
        if let Some(slot) = table.slot(key) {
            return slot;
        }
        let Self { slots, loggers, rust_paths, names } = Arc::make_mut(table);
        let slot = u32::try_from(names.len()).unwrap_or(u32::MAX);
        names.push(name());
        let name = |slot: u32| names.get(slot as usize).map_or("", |name| name);
        slots.insert(hash(key), slot, |slot| hash(name(slot)));
        if let Some(path) = logger_path(key) {
            *rust_paths += usize::from(path.contains("::"));
            loggers.insert(hash(&normalized(path)), slot, |slot| {
                hash(&normalized(logger_path(name(slot)).unwrap_or_default()))
            });
        }
        slot
    }
}

fn logger_path(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(LOG_LEVEL)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('.') }
}

/// Returns a logger path with `.` in place of `::`.
pub(crate) fn normalized(path: &str) -> Cow<'_, str> {
    if path.contains("::") { Cow::Owned(path.replace("::", ".")) } else { Cow::Borrowed(path) }
}

/// Returns whether a logger path that may contain `::` is the same as one with `.`, without an allocation.
fn is_same_path(spelling: &str, path: &str) -> bool {
    let mut rest = path;
    for (nth, part) in spelling.split("::").enumerate() {
        let separated = if nth == 0 { Some(rest) } else { rest.strip_prefix('.') };
        match separated.and_then(|rest| rest.strip_prefix(part)) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &mut Arc<KeyTable>, key: &str) -> u32 {
        KeyTable::slot_or_insert(table, key, || key.into())
    }

    fn logger(table: &KeyTable, path: &str) -> Option<u32> {
        table.logger(path, |_| true)
    }

    #[test]
    fn a_key_keeps_its_slot_and_loggers_are_found_by_their_path() {
        let mut table = Arc::new(KeyTable::default());
        KeyTable::reserve(&mut table, 300);
        let keys: Vec<_> = (0..1_000).map(|at| format!("key-{at}")).collect();
        for (slot, key) in (0..).zip(&keys) {
            assert_eq!(insert(&mut table, key), slot);
        }
        for (slot, key) in (0..).zip(&keys) {
            assert_eq!(insert(&mut table, key), slot);
            assert_eq!(table.slot(key), Some(slot));
        }
        assert_eq!((table.slot("key-"), logger(&table, "")), (None, None));
        let root = insert(&mut table, "log-level");
        let db = insert(&mut table, "log-level.my_app.db");
        insert(&mut table, "log-levels");
        assert_eq!((logger(&table, ""), logger(&table, "my_app.db")), (Some(root), Some(db)));
        assert_eq!((logger(&table, "s"), logger(&table, "my_app")), (None, None));
        assert_eq!(table.loggers().count(), 2);
    }

    #[test]
    fn a_logger_that_is_written_as_in_rust_is_found_by_its_path() {
        let mut table = Arc::new(KeyTable::default());
        let rust = insert(&mut table, "log-level.my_app::db");
        let mixed = insert(&mut table, "log-level.shop::web.cart::item");
        assert_eq!(
            (logger(&table, "my_app.db"), logger(&table, "shop.web.cart.item")),
            (Some(rust), Some(mixed))
        );
        assert_eq!((logger(&table, "my_app"), logger(&table, "my_app.db.pool")), (None, None));
        // Many more keys, so that the table grows.
        for at in 0..300 {
            insert(&mut table, &format!("log-level.module{at}::inner"));
        }
        assert!((0..300).all(|at| logger(&table, &format!("module{at}.inner")).is_some()));
        let exact = insert(&mut table, "log-level.my_app.db");
        assert_eq!(logger(&table, "my_app.db"), Some(exact), "the key with dots takes precedence");
    }
}
