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
mod tests {
    use super::*;
    use crate::{ConfigType, Pointer};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn remote(configs: Vec<Config>) -> Update {
        let set = ConfigSet { configs, ..ConfigSet::default() };
        Update::Merge { set: set.into(), source: "remote_api".into() }
    }

    fn config(key: &str, id: i64) -> Config {
        Config { id, ..Config::constant(key, id) }
    }

    fn file(layer: Layer, order: u16, keys: &[&str]) -> Update {
        let provenance = Arc::new(Provenance::new(layer, format!("{layer:?}{order}")));
        Update::Replace {
            slot: Slot { layer, order },
            entries: keys
                .iter()
                .map(|key| Entry::new(Config::constant(*key, true), Arc::clone(&provenance)))
                .collect(),
        }
    }

    fn sorted(keys: &[Arc<str>]) -> Vec<String> {
        let keys: BTreeSet<_> = keys.iter().map(ToString::to_string).collect();
        keys.into_iter().collect()
    }

    #[test]
    fn the_newest_id_wins_in_any_order() {
        let mut store = LayeredStore::default();
        store.apply(remote(vec![config("k", 5)]));
        assert!(store.apply(remote(vec![config("k", 4)])).is_empty());
        assert!(store.apply(remote(vec![config("k", 5)])).is_empty());
        assert_eq!(store.apply(remote(vec![config("k", 6)])).len(), 1);
        assert_eq!(store.get("k").unwrap().stored().id(), 6);
        assert_eq!(store.high_water_mark(), 6);
    }

    #[test]
    fn a_tombstone_uncovers_the_default_and_older_messages_do_not_restore_the_key() {
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Default, 0, &["k"]));
        store.apply(remote(vec![config("k", 5)]));
        let gone = Config { id: 6, key: "k".into(), config_type: ConfigType::Deleted, ..Config::default() };
        assert_eq!(store.apply(remote(vec![gone])).len(), 1);
        assert_eq!(store.get("k").unwrap().provenance().layer, Layer::Default);
        store.apply(remote(vec![config("k", 5)]));
        assert_eq!(store.get("k").unwrap().provenance().layer, Layer::Default);
    }

    #[test]
    fn a_change_below_an_override_changes_nothing() {
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Override, 0, &["k"]));
        assert!(store.apply(remote(vec![config("k", 5)])).is_empty());
        assert!(store.apply(file(Layer::Default, 0, &["k"])).is_empty());
        assert_eq!(store.apply(file(Layer::Override, 0, &[])).len(), 1);
        assert_eq!(store.get("k").unwrap().stored().id(), 5);
        assert_eq!(store.all("k").count(), 2);
    }

    #[test]
    fn the_default_context_and_the_environment_are_those_of_the_latest_payload() {
        let mut store = LayeredStore::default();
        let pointer = Pointer { project_id: 1, start_at_id: 9, project_env_id: 143 };
        let default_context = ContextSet::from(crate::Context::new("prefab-api-key").with("user-id", "7"));
        let set = ConfigSet { pointer: Some(pointer), default_context, ..ConfigSet::default() };
        store.apply(Update::Merge { set, source: "s".into() });
        assert_eq!((store.project_env_id(), store.default_context().len()), (143, 1));
        store.apply(Update::Merge {
            set: ConfigSet { keep_alive: true, ..ConfigSet::default() },
            source: "s".into(),
        });
        assert_eq!(store.default_context().len(), 1);
        store.apply(remote(vec![]));
        assert_eq!((store.project_env_id(), store.default_context().len()), (143, 0));
    }

    #[test]
    fn a_snapshot_replaces_the_content_of_the_remote_layer() {
        let snapshot = |set: ConfigSet| Update::Snapshot { set: set.into(), source: "datafile".into() };
        let set = |configs: Vec<Config>| ConfigSet { configs, ..ConfigSet::default() };
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Override, 0, &["hidden"]));
        let pointer = Pointer { project_id: 1, start_at_id: 9, project_env_id: 143 };
        let default_context = ContextSet::from(crate::Context::new("prefab-api-key").with("user-id", "7"));
        let first = vec![config("gone", 9), config("older", 8), config("same", 7), config("hidden", 6)];
        let first = ConfigSet { pointer: Some(pointer), default_context, ..set(first) };
        let changed = store.apply(snapshot(first));
        assert_eq!(sorted(&changed), ["gone", "older", "same"]);

        let second = vec![config("older", 2), config("same", 7), config("hidden", 1), config("new", 3)];
        let changed = store.apply(snapshot(set(second)));
        assert_eq!(sorted(&changed), ["gone", "new", "older"]);
        assert_eq!(store.get("gone"), None);
        assert_eq!(store.get("older").unwrap().stored().id(), 2);
        assert_eq!((store.high_water_mark(), store.project_env_id()), (7, 0));
        assert!(store.default_context().is_empty());

        assert_eq!(store.apply(snapshot(set(vec![]))).len(), 3);
        assert_eq!(store.entries().count(), 1);
        store.apply(remote(vec![config("gone", 9)]));
        assert_eq!(store.get("gone").unwrap().stored().id(), 9);
    }

    #[test]
    fn a_snapshot_keeps_the_newer_of_two_configs_and_no_tombstone() {
        let gone =
            Config { id: 6, key: "gone".into(), config_type: ConfigType::Deleted, ..Config::default() };
        let configs = vec![config("k", 5), config("k", 4), config("gone", 3), gone];
        let set = ConfigSet { configs, keep_alive: true, ..ConfigSet::default() };
        let mut store = LayeredStore::default();
        let changed = store.apply(Update::Snapshot { set: set.into(), source: "datafile".into() });
        assert_eq!(sorted(&changed), ["k"]);
        assert_eq!(store.get("k").unwrap().stored().id(), 5);
        assert_eq!(store.high_water_mark(), 6);
    }

    proptest! {
        #[test]
        fn the_highest_layer_with_a_key_wins(
            files in prop::collection::vec((0usize..5, 0u16..3, prop::collection::vec("[ab]", 0..3)), 0..12),
        ) {
            const LAYERS: [Layer; 5] = [
                Layer::Default, Layer::DefaultEnv, Layer::Override, Layer::OverrideEnv, Layer::ProgramOverride,
            ];
            let mut store = LayeredStore::default();
            let mut last: BTreeMap<Slot, Vec<String>> = BTreeMap::new();
            for (layer, order, keys) in files {
                let before: Vec<_> = ["a", "b"].map(|key| store.get(key).cloned()).into();
                let borrowed: Vec<&str> = keys.iter().map(String::as_str).collect();
                let changed = store.apply(file(LAYERS[layer], order, &borrowed));
                last.insert(Slot { layer: LAYERS[layer], order }, keys);
                for (key, before) in ["a", "b"].into_iter().zip(before) {
                    let expected = last.iter().rev().find(|(_, keys)| keys.iter().any(|k| k == key));
                    let current = store.get(key).map(|entry| entry.provenance().layer);
                    prop_assert_eq!(current, expected.map(|(slot, _)| slot.layer));
                    if before.as_ref() != store.get(key) {
                        prop_assert!(changed.iter().any(|changed| **changed == *key));
                    }
                }
            }
            prop_assert_eq!(store.entries().count(), ["a", "b"].iter().filter(|k| store.get(k).is_some()).count());
        }
    }
}
