//! The state of the synchronization: what the next request and the cache need.

use std::{collections::HashMap, sync::Arc};

use prefab_core::{Config, ConfigSet, ContextSet, Pointer, StoredConfig};
use prefab_proto::{
    convert,
    packed::{self, PackedConfigs},
};

/// The largest id received, and the merged configs for the cache.
pub(super) struct SyncState {
    high_water_mark: i64,
    /// Whether the server has responded, even without configs.
    has_response: bool,
    merged: Option<Merged>,
}

impl SyncState {
    /// Returns the initial state. `merge` is required for [`encode`](Self::encode).
    pub(super) fn new(merge: bool) -> Self {
        Self { high_water_mark: 0, has_response: false, merged: merge.then(Merged::default) }
    }

    /// Returns the largest id received. It never decreases.
    pub(super) fn high_water_mark(&self) -> i64 {
        self.high_water_mark
    }

    pub(super) fn has_response(&self) -> bool {
        self.has_response
    }

    /// Applies a message of the server.
    pub(super) fn apply(&mut self, message: &PackedConfigs) {
        self.has_response = true;
        self.high_water_mark = self.high_water_mark.max(message.newest_id);
        if let Some(merged) = &mut self.merged {
            merged.apply(&message.set);
        }
    }

    /// Applies the result of [`encode`](Self::encode) of an earlier process.
    pub(super) fn restore(&mut self, message: &PackedConfigs) {
        self.apply(message);
        let mark = message.set.pointer.map_or(0, |pointer| pointer.start_at_id);
        self.high_water_mark = self.high_water_mark.max(mark);
    }

    /// Returns the merged state as the bytes of a `Configs` message.
    ///
    /// Its pointer contains the id to resume from: the newest change may be a deletion, which leaves no config.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let Merged { configs, pointer, default_context } = self.merged.as_ref()?;
        let pointer = Pointer { start_at_id: self.high_water_mark, ..pointer.unwrap_or_default() };
        let rest = ConfigSet::<Config> {
            pointer: Some(pointer),
            default_context: default_context.clone(),
            ..ConfigSet::default()
        };
        // Concatenated protobuf messages are one message with the fields of all of them.
        let mut bytes = convert::encode(&rest);
        for config in configs.values().filter(|config| !config.is_tombstone()) {
            let config = packed::encoded(config);
            bytes.push(CONFIGS_TAG);
            prost::encode_length_delimiter(config.len(), &mut bytes).ok()?;
            bytes.extend_from_slice(&config);
        }
        Some(bytes)
    }
}

/// The tag of field 1 of `Configs`, length-delimited.
const CONFIGS_TAG: u8 = 1 << 3 | 2;

/// The configs as messages. They share memory with the client's store, and preserve fields that this version does not read.
#[derive(Default)]
struct Merged {
    configs: HashMap<Arc<str>, StoredConfig>,
    pointer: Option<Pointer>,
    default_context: ContextSet,
}

impl Merged {
    fn apply(&mut self, set: &ConfigSet<StoredConfig>) {
        for config in &set.configs {
            if self.configs.get(config.key()).is_some_and(|current| current.id() >= config.id()) {
                continue;
            }
            self.configs.insert(Arc::clone(config.shared_key()), config.clone());
        }
        if set.pointer.is_some() {
            self.pointer = set.pointer;
        }
        self.default_context.clone_from(&set.default_context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::{ConfigType, LayeredStore, Update};

    fn message(configs: Vec<Config>) -> PackedConfigs {
        let pointer = Some(Pointer { project_id: 1, start_at_id: 0, project_env_id: 308 });
        packed::pack(convert::encode(&ConfigSet { configs, pointer, ..ConfigSet::default() })).unwrap()
    }

    fn config(key: &str, id: i64) -> Config {
        Config { id, ..Config::constant(key, id) }
    }

    fn tombstone(key: &str, id: i64) -> Config {
        Config { id, key: key.into(), config_type: ConfigType::Deleted, ..Config::default() }
    }

    #[test]
    fn a_restored_state_has_the_merged_configs_and_the_largest_id() {
        let mut state = SyncState::new(true);
        state.apply(&message(vec![config("a", 5), config("b", 6)]));
        state.apply(&message(vec![config("a", 4), tombstone("b", 9)]));
        state.apply(&message(vec![config("b", 7), config("c", 8)]));
        assert_eq!(state.high_water_mark(), 9);

        let bytes = state.encode().unwrap();
        let mut restored = SyncState::new(false);
        restored.restore(&packed::pack(bytes.clone()).unwrap());
        assert_eq!((restored.high_water_mark(), restored.encode()), (9, None));

        let mut store = LayeredStore::default();
        let set = packed::pack(bytes).unwrap().set;
        store.apply(Update::Snapshot { set, source: "cache".into() });
        let mut ids: Vec<_> = store.entries().map(|entry| (entry.key(), entry.stored().id())).collect();
        ids.sort_unstable();
        assert_eq!(ids, [("a", 5), ("c", 8)]);
        assert_eq!(store.project_env_id(), 308);
    }
}
