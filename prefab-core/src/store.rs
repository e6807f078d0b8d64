//! Configs of every layer, and which one stands for each key.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{Config, ConfigSet, ContextSet, Layer, Provenance, Slot};

/// A config and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The config.
    pub config: Arc<Config>,
    /// Where it came from.
    pub provenance: Arc<Provenance>,
}

impl Entry {
    /// Returns an entry.
    pub fn new(config: Config, provenance: Arc<Provenance>) -> Self {
        Self { config: Arc::new(config), provenance }
    }
}

/// What a source has to say: a layer is a stream of these.
#[derive(Clone, Debug)]
pub enum Update {
    /// The whole of one slot, as a file is.
    Replace {
        /// The slot.
        slot: Slot,
        /// All its entries. Of two with one key, the later stands.
        entries: Vec<Entry>,
    },
    /// News for the remote layer: configs merge by id, and tombstones take keys away.
    Merge {
        /// The news.
        set: ConfigSet,
        /// The remote source's name.
        source: Arc<str>,
    },
    /// The whole of the remote layer, as a datafile is: nothing said before holds any longer, so older ids
    /// are taken and keys that are not in it vanish.
    Snapshot {
        /// All there is.
        set: ConfigSet,
        /// The remote source's name.
        source: Arc<str>,
    },
}

/// The layers, stacked.
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
/// store.apply(Update::Merge {
///     set: ConfigSet { configs: vec![remote], ..ConfigSet::default() },
///     source: "remote_api".into(),
/// });
/// assert_eq!(store.get("jobs").map(|entry| entry.config.id), Some(7));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LayeredStore {
    slots: BTreeMap<Slot, HashMap<String, Entry>>,
    /// The newest id seen per remote key, deleted ones too, so that nothing older comes back.
    newest: HashMap<String, i64>,
    high_water_mark: i64,
    project_env_id: i64,
    default_context: ContextSet,
}

impl LayeredStore {
    /// Applies an update and returns the keys for which another config stands now.
    pub fn apply(&mut self, update: Update) -> BTreeSet<String> {
        match update {
            Update::Replace { slot, entries } => self.replace(slot, entries),
            Update::Merge { set, source } => self.merge(set, source),
            Update::Snapshot { set, source } => self.snapshot(set, source),
        }
    }

    /// Returns the entry that stands for `key`.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.slots.values().rev().find_map(|slot| slot.get(key))
    }

    /// Returns every layer's entry for `key`, the one that stands first.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &Entry> {
        self.slots.values().rev().filter_map(move |slot| slot.get(key))
    }

    /// Lists the entry that stands for each key, by key.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let mut standing: BTreeMap<&str, &Entry> = BTreeMap::new();
        for slot in self.slots.values() {
            standing.extend(slot.iter().map(|(key, entry)| (key.as_str(), entry)));
        }
        standing.into_values()
    }

    /// Returns the largest config id ever seen: where to resume.
    pub fn high_water_mark(&self) -> i64 {
        self.high_water_mark
    }

    /// Returns the environment of the remote layer, 0 without one.
    pub fn project_env_id(&self) -> i64 {
        self.project_env_id
    }

    /// Returns the contexts that the server hands to every client.
    pub fn default_context(&self) -> &ContextSet {
        &self.default_context
    }

    fn replace(&mut self, slot: Slot, entries: Vec<Entry>) -> BTreeSet<String> {
        let fresh: HashMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.config.key.clone(), entry)).collect();
        let old = self.slots.remove(&slot).unwrap_or_default();
        let touched: Vec<&String> = fresh
            .iter()
            .filter(|(key, entry)| old.get(*key) != Some(entry))
            .map(|(key, _)| key)
            .chain(old.keys().filter(|key| !fresh.contains_key(*key)))
            .collect();
        let hidden = |key: &str| self.slots.range(slot..).any(|(_, above)| above.contains_key(key));
        let changed = touched.into_iter().filter(|key| !hidden(key)).cloned().collect();
        if !fresh.is_empty() {
            self.slots.insert(slot, fresh);
        }
        changed
    }

    fn merge(&mut self, set: ConfigSet, source: Arc<str>) -> BTreeSet<String> {
        let ConfigSet { configs, pointer, default_context, keep_alive } = set;
        if keep_alive {
            return BTreeSet::new();
        }
        if let Some(pointer) = pointer.filter(|pointer| pointer.project_env_id != 0) {
            self.project_env_id = pointer.project_env_id;
        }
        self.default_context = default_context;

        let slot = Slot::from(Layer::Remote);
        let provenance = Arc::new(Provenance::new(Layer::Remote, source));
        let mut touched = Vec::new();
        let remote = self.slots.entry(slot).or_default();
        for config in configs {
            self.high_water_mark = self.high_water_mark.max(config.id);
            let newest = self.newest.get(&config.key).copied();
            if newest.is_some_and(|newest| config.id <= newest) {
                continue;
            }
            self.newest.insert(config.key.clone(), config.id);
            touched.push(config.key.clone());
            if config.is_tombstone() {
                remote.remove(&config.key);
            } else {
                remote.insert(config.key.clone(), Entry::new(config, Arc::clone(&provenance)));
            }
        }
        touched.into_iter().filter(|key| !self.hides_remote(key)).collect()
    }

    fn snapshot(&mut self, set: ConfigSet, source: Arc<str>) -> BTreeSet<String> {
        let slot = Slot::from(Layer::Remote);
        let old = self.slots.remove(&slot).unwrap_or_default();
        self.newest.clear();
        self.high_water_mark = 0;
        self.project_env_id = 0;
        // Merged into nothing, the set is all there is; a file is never just a sign of life.
        self.merge(ConfigSet { keep_alive: false, ..set }, source);

        let fresh = self.slots.get(&slot);
        let now = |key: &str| fresh.and_then(|fresh| fresh.get(key));
        let keys = old.keys().chain(fresh.into_iter().flat_map(HashMap::keys));
        let changed = keys.filter(|key| old.get(*key) != now(key) && !self.hides_remote(key));
        changed.cloned().collect()
    }

    /// Tells whether a layer above the remote one has `key`.
    fn hides_remote(&self, key: &str) -> bool {
        let above = Slot { layer: Layer::Remote, order: 1 };
        self.slots.range(above..).any(|(_, slot)| slot.contains_key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigType, Pointer};
    use proptest::prelude::*;

    fn remote(configs: Vec<Config>) -> Update {
        Update::Merge { set: ConfigSet { configs, ..ConfigSet::default() }, source: "remote_api".into() }
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

    #[test]
    fn the_newest_id_wins_in_any_order() {
        let mut store = LayeredStore::default();
        store.apply(remote(vec![config("k", 5)]));
        assert!(store.apply(remote(vec![config("k", 4)])).is_empty());
        assert!(store.apply(remote(vec![config("k", 5)])).is_empty());
        assert_eq!(store.apply(remote(vec![config("k", 6)])).len(), 1);
        assert_eq!(store.get("k").unwrap().config.id, 6);
        assert_eq!(store.high_water_mark(), 6);
    }

    #[test]
    fn a_tombstone_uncovers_the_default_and_nothing_older_comes_back() {
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Default, 0, &["k"]));
        store.apply(remote(vec![config("k", 5)]));
        let gone = Config { id: 6, key: "k".into(), config_type: ConfigType::Deleted, ..Config::default() };
        assert_eq!(store.apply(remote(vec![gone])).len(), 1);
        assert_eq!(store.get("k").unwrap().provenance.layer, Layer::Default);
        store.apply(remote(vec![config("k", 5)]));
        assert_eq!(store.get("k").unwrap().provenance.layer, Layer::Default);
    }

    #[test]
    fn a_change_below_an_override_changes_nothing() {
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Override, 0, &["k"]));
        assert!(store.apply(remote(vec![config("k", 5)])).is_empty());
        assert!(store.apply(file(Layer::Default, 0, &["k"])).is_empty());
        assert_eq!(store.apply(file(Layer::Override, 0, &[])).len(), 1);
        assert_eq!(store.get("k").unwrap().config.id, 5);
        assert_eq!(store.all("k").count(), 2);
    }

    #[test]
    fn the_default_context_and_environment_follow_the_latest_payload() {
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
    fn a_snapshot_replaces_all_that_the_remote_layer_said() {
        let snapshot = |set: ConfigSet| Update::Snapshot { set, source: "datafile".into() };
        let set = |configs: Vec<Config>| ConfigSet { configs, ..ConfigSet::default() };
        let mut store = LayeredStore::default();
        store.apply(file(Layer::Override, 0, &["hidden"]));
        let pointer = Pointer { project_id: 1, start_at_id: 9, project_env_id: 143 };
        let default_context = ContextSet::from(crate::Context::new("prefab-api-key").with("user-id", "7"));
        let first = vec![config("gone", 9), config("older", 8), config("same", 7), config("hidden", 6)];
        let first = ConfigSet { pointer: Some(pointer), default_context, ..set(first) };
        let changed = store.apply(snapshot(first));
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), ["gone", "older", "same"]);

        let second = vec![config("older", 2), config("same", 7), config("hidden", 1), config("new", 3)];
        let changed = store.apply(snapshot(set(second)));
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), ["gone", "new", "older"]);
        assert_eq!(store.get("gone"), None);
        assert_eq!(store.get("older").unwrap().config.id, 2);
        assert_eq!((store.high_water_mark(), store.project_env_id()), (7, 0));
        assert!(store.default_context().is_empty());

        assert_eq!(store.apply(snapshot(set(vec![]))).len(), 3);
        assert_eq!(store.entries().count(), 1);
        store.apply(remote(vec![config("gone", 9)]));
        assert_eq!(store.get("gone").unwrap().config.id, 9);
    }

    #[test]
    fn of_two_configs_in_a_snapshot_the_newer_stands_and_a_tombstone_is_nothing() {
        let gone =
            Config { id: 6, key: "gone".into(), config_type: ConfigType::Deleted, ..Config::default() };
        let configs = vec![config("k", 5), config("k", 4), config("gone", 3), gone];
        let set = ConfigSet { configs, keep_alive: true, ..ConfigSet::default() };
        let mut store = LayeredStore::default();
        let changed = store.apply(Update::Snapshot { set, source: "datafile".into() });
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), ["k"]);
        assert_eq!(store.get("k").unwrap().config.id, 5);
        assert_eq!(store.high_water_mark(), 6);
    }

    proptest! {
        #[test]
        fn the_highest_layer_that_has_a_key_answers(
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
                    let standing = store.get(key).map(|entry| entry.provenance.layer);
                    prop_assert_eq!(standing, expected.map(|(slot, _)| slot.layer));
                    if before.as_ref() != store.get(key) {
                        prop_assert!(changed.contains(key));
                    }
                }
            }
            prop_assert_eq!(store.entries().count(), ["a", "b"].iter().filter(|k| store.get(k).is_some()).count());
        }
    }
}
