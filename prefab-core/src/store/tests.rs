//! Tests of the store.

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
    let gone = Config { id: 6, key: "gone".into(), config_type: ConfigType::Deleted, ..Config::default() };
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
