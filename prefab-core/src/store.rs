//! The store of all layers, which returns the current config for each key.
//!
//! # Examples
//!
//! ```
//! use prefab_core::store::LayeredStore;
//! assert!(LayeredStore::default().get("max-jobs").is_none());
//! ```

mod slot_entries;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use crate::{Config, ConfigSet, ContextSet, Layer, Provenance, Slot, StoredConfig};
use slot_entries::SlotEntries;

/// A config and its provenance. Cloning an entry increments a reference count.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use prefab_core::{Config, Entry, Layer, Provenance};
///
/// let provenance = Arc::new(Provenance::new(Layer::Program, "defaults"));
/// let entry = Entry::new(Config::constant("max-jobs", 30), provenance);
/// assert_eq!((entry.key(), entry.provenance().layer), ("max-jobs", Layer::Program));
/// ```
#[derive(Clone, Debug)]
pub struct Entry(Arc<EntryInner>);

#[derive(Debug, PartialEq)]
struct EntryInner {
    stored: StoredConfig,
    provenance: Arc<Provenance>,
}

impl Entry {
    /// Creates an entry.
    pub fn new(config: impl Into<StoredConfig>, provenance: Arc<Provenance>) -> Self {
        Self(Arc::new(EntryInner { stored: config.into(), provenance }))
    }

    /// Returns the config key.
    pub fn key(&self) -> &str {
        self.0.stored.key()
    }

    /// Returns the config as its layer stores it.
    pub fn stored(&self) -> &StoredConfig {
        &self.0.stored
    }

    /// Returns the decoded config. May decode it on each call; see [`StoredConfig::config`].
    pub fn config(&self) -> Cow<'_, Config> {
        self.0.stored.config()
    }

    /// Returns the layer and the source of the config.
    pub fn provenance(&self) -> &Arc<Provenance> {
        &self.0.provenance
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

/// A change of the store. A source is a stream of updates.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, ConfigSet, LayeredStore, Update};
///
/// let mut store = LayeredStore::default();
/// let configs = vec![Config::constant("max-jobs", 30).into()];
/// let set = ConfigSet { configs, ..ConfigSet::default() };
/// store.apply(Update::Snapshot { set, source: "datafile".into() });
/// assert!(store.get("max-jobs").is_some());
/// ```
#[derive(Clone, Debug)]
pub enum Update {
    /// Replaces the content of a slot, for example after a file was read.
    Replace {
        /// The slot.
        slot: Slot,
        /// The new content. Of two entries with the same key, the later one wins.
        entries: Vec<Entry>,
    },
    /// Merges configs into the remote layer. For each key the highest id wins; tombstones remove keys.
    Merge {
        /// The changed configs.
        set: ConfigSet<StoredConfig>,
        /// The name of the remote source.
        source: Arc<str>,
    },
    /// Replaces the content of the remote layer, for example by a datafile. Ids may be lower than before.
    Snapshot {
        /// The new content.
        set: ConfigSet<StoredConfig>,
        /// The name of the remote source.
        source: Arc<str>,
    },
}

/// The configs of all layers.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use prefab_core::{Config, ConfigSet, Entry, Layer, LayeredStore, Provenance, Update};
///
/// let mut store = LayeredStore::default();
/// let file = Arc::new(Provenance::new(Layer::Default, "defaults.yaml"));
/// store.apply(Update::Replace {
///     slot: Layer::Default.into(),
///     entries: vec![Entry::new(Config::constant("jobs", 30), file)],
/// });
/// let remote = Config { id: 7, ..Config::constant("jobs", 50) };
/// let set = ConfigSet { configs: vec![remote.into()], ..ConfigSet::default() };
/// store.apply(Update::Merge { set, source: "remote_api".into() });
/// assert_eq!(store.get("jobs").map(|entry| entry.stored().id()), Some(7));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LayeredStore {
    slots: BTreeMap<Slot, SlotEntries>,
    /// The ids of deleted remote keys, so that an older message does not restore them.
    deleted: HashMap<Arc<str>, i64>,
    high_water_mark: i64,
    project_env_id: i64,
    default_context: ContextSet,
}

impl LayeredStore {
    /// Applies an update and returns the keys whose current config changed, unordered and possibly with duplicates.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Config, ConfigSet, LayeredStore, Update};
    ///
    /// let mut store = LayeredStore::default();
    /// let configs = vec![Config { id: 1, ..Config::constant("max-jobs", 30) }.into()];
    /// let set = ConfigSet { configs, ..ConfigSet::default() };
    /// let changed = store.apply(Update::Merge { set, source: "remote_api".into() });
    /// assert_eq!(changed, ["max-jobs".into()]);
    /// ```
    pub fn apply(&mut self, update: Update) -> Vec<Arc<str>> {
        match update {
            Update::Replace { slot, entries } => self.replace(slot, entries),
            Update::Merge { set, source } => self.merge(set, source),
            Update::Snapshot { set, source } => self.snapshot(set, source),
        }
    }

    /// Returns the current entry for `key`: the one in the highest layer that contains the key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.slots.values().rev().find_map(|slot| slot.get(key))
    }

    /// Returns the entries for `key` in all layers, the current one first.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &Entry> {
        self.slots.values().rev().filter_map(move |slot| slot.get(key))
    }

    /// Returns the current entry for each key, unordered.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flat_map(move |(slot, shelf)| {
            let hidden = move |entry: &&Entry| !self.is_hidden(entry.key(), *slot);
            shelf.iter().filter(hidden)
        })
    }

    /// Returns the highest config id that the remote layer has received. A client requests changes after this id.
    pub fn high_water_mark(&self) -> i64 {
        self.high_water_mark
    }

    /// Returns the environment of the remote layer, or 0 if it is unknown.
    pub fn project_env_id(&self) -> i64 {
        self.project_env_id
    }

    /// Returns the contexts that the server sends to every client.
    pub fn default_context(&self) -> &ContextSet {
        &self.default_context
    }

    fn replace(&mut self, slot: Slot, entries: Vec<Entry>) -> Vec<Arc<str>> {
        let mut fresh = SlotEntries::with_capacity(entries.len());
        for entry in entries {
            fresh.put(entry);
        }
        let old = self.slots.remove(&slot).unwrap_or_default();
        let changed = self.differing(slot, &old, &fresh);
        if !fresh.is_empty() {
            self.slots.insert(slot, fresh);
        }
        changed
    }

    fn merge(&mut self, set: ConfigSet<StoredConfig>, source: Arc<str>) -> Vec<Arc<str>> {
        let ConfigSet { configs, pointer, default_context, keep_alive } = set;
        if keep_alive {
            return Vec::new();
        }
        if let Some(pointer) = pointer.filter(|pointer| pointer.project_env_id != 0) {
            self.project_env_id = pointer.project_env_id;
        }
        self.default_context = default_context;

        let provenance = Arc::new(Provenance::new(Layer::Remote, source));
        let mut touched = Vec::with_capacity(configs.len());
        let remote = self.slots.entry(REMOTE).or_insert_with(|| SlotEntries::with_capacity(configs.len()));
        for config in configs {
            self.high_water_mark = self.high_water_mark.max(config.id());
            let current = remote.get(config.key()).map(|entry| entry.stored().id());
            let newest = current.or_else(|| self.deleted.get(config.key()).copied());
            if newest.is_some_and(|newest| config.id() <= newest) {
                continue;
            }
            let key = Arc::clone(config.shared_key());
            touched.push(Arc::clone(&key));
            if config.is_tombstone() {
                remote.remove(&key);
                self.deleted.insert(key, config.id());
            } else {
                if current.is_none() {
                    self.deleted.remove(&key);
                }
                remote.put(Entry::new(config, Arc::clone(&provenance)));
            }
        }
        touched.retain(|key| !self.is_hidden(key, REMOTE));
        touched
    }

    fn snapshot(&mut self, set: ConfigSet<StoredConfig>, source: Arc<str>) -> Vec<Arc<str>> {
        let old = self.slots.remove(&REMOTE).unwrap_or_default();
        self.deleted.clear();
        self.high_water_mark = 0;
        self.project_env_id = 0;
        // A merge into the empty slot sets its content. `keep_alive` has no meaning in a snapshot.
        self.merge(ConfigSet { keep_alive: false, ..set }, source);
        let nothing = SlotEntries::default();
        self.differing(REMOTE, &old, self.slots.get(&REMOTE).unwrap_or(&nothing))
    }

    /// Returns the keys whose entries differ between two states of a slot, without those that a higher slot hides.
    fn differing(&self, slot: Slot, old: &SlotEntries, fresh: &SlotEntries) -> Vec<Arc<str>> {
        let changed = fresh.iter().filter(|entry| old.get(entry.key()) != Some(entry));
        let gone = old.iter().filter(|entry| fresh.get(entry.key()).is_none());
        let touched = changed.chain(gone).filter(|entry| !self.is_hidden(entry.key(), slot));
        touched.map(|entry| Arc::clone(entry.stored().shared_key())).collect()
    }

    /// Returns whether a higher slot contains `key`.
    fn is_hidden(&self, key: &str, slot: Slot) -> bool {
        let above = (Bound::Excluded(slot), Bound::Unbounded);
        self.slots.range(above).any(|(_, shelf)| shelf.get(key).is_some())
    }
}

/// The only slot of the remote layer.
const REMOTE: Slot = Slot { layer: Layer::Remote, order: 0 };

#[cfg(test)]
mod tests;
