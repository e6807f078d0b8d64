//! What the server has said so far, in as much as the next request and the cache need it.

use std::collections::HashMap;

use prefab_proto::wire;
use prost::Message as _;

/// How far the source has come, and, for the cache, the merged state.
pub(super) struct Known {
    high_water_mark: i64,
    /// Whether the server has said anything yet, be it that there is nothing.
    has_heard: bool,
    merged: Option<Merged>,
}

impl Known {
    /// Returns nothing known; `merge` says whether [`encode`](Self::encode) is going to be asked for.
    pub(super) fn new(merge: bool) -> Self {
        Self { high_water_mark: 0, has_heard: false, merged: merge.then(Merged::default) }
    }

    /// Returns the largest id seen. It never falls.
    pub(super) fn high_water_mark(&self) -> i64 {
        self.high_water_mark
    }

    pub(super) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Takes in a message of the server.
    pub(super) fn absorb(&mut self, message: &wire::Configs) {
        self.has_heard = true;
        let ids = message.configs.iter().map(|config| config.id);
        self.high_water_mark = ids.fold(self.high_water_mark, i64::max);
        if let Some(merged) = &mut self.merged {
            merged.absorb(message);
        }
    }

    /// Takes in what [`encode`](Self::encode) returned, in an earlier process.
    pub(super) fn restore(&mut self, message: &wire::Configs) {
        self.absorb(message);
        let mark = message.config_service_pointer.map_or(0, |pointer| pointer.start_at_id);
        self.high_water_mark = self.high_water_mark.max(mark);
    }

    /// Returns the merged state as the bytes of a `Configs` message.
    ///
    /// Its pointer says where to resume: the newest change may be a deletion, which has left no config.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let merged = self.merged.as_ref()?;
        let pointer = merged.pointer.unwrap_or_default();
        let rest = wire::Configs {
            config_service_pointer: Some(wire::ConfigServicePointer {
                start_at_id: self.high_water_mark,
                ..pointer
            }),
            default_context: merged.default_context.clone(),
            ..wire::Configs::default()
        };
        // Messages that stand one after another are one message with the fields of all of them.
        let mut bytes = rest.encode_to_vec();
        for config in merged.configs.values().filter_map(|held| held.config.as_deref()) {
            bytes.push(CONFIGS_TAG);
            bytes.extend_from_slice(config);
        }
        Some(bytes)
    }
}

/// Field 1 of `Configs`, with its length in front.
const CONFIGS_TAG: u8 = 1 << 3 | 2;

/// The state as messages: kept encoded, which is compact, and loses nothing that this version cannot read.
#[derive(Default)]
struct Merged {
    configs: HashMap<String, Held>,
    pointer: Option<wire::ConfigServicePointer>,
    default_context: Option<wire::ContextSet>,
}

struct Held {
    id: i64,
    /// The config with its length in front; nothing once it is deleted.
    config: Option<Vec<u8>>,
}

impl Merged {
    fn absorb(&mut self, message: &wire::Configs) {
        for config in &message.configs {
            if self.configs.get(&config.key).is_some_and(|held| held.id >= config.id) {
                continue;
            }
            let is_deleted = config.rows.is_empty() || config.config_type() == wire::ConfigType::Deleted;
            let held = Held {
                id: config.id,
                config: (!is_deleted).then(|| config.encode_length_delimited_to_vec()),
            };
            self.configs.insert(config.key.clone(), held);
        }
        if message.config_service_pointer.is_some() {
            self.pointer = message.config_service_pointer;
        }
        self.default_context.clone_from(&message.default_context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::{Config, ConfigSet, ConfigType, LayeredStore, Pointer, Update};
    use prefab_proto::convert;

    fn message(configs: Vec<Config>) -> wire::Configs {
        let pointer = Some(Pointer { project_id: 1, start_at_id: 0, project_env_id: 308 });
        (&ConfigSet { configs, pointer, ..ConfigSet::default() }).into()
    }

    fn config(key: &str, id: i64) -> Config {
        Config { id, ..Config::constant(key, id) }
    }

    fn tombstone(key: &str, id: i64) -> Config {
        Config { id, key: key.into(), config_type: ConfigType::Deleted, ..Config::default() }
    }

    #[test]
    fn what_is_restored_is_what_was_merged_and_resumes_where_it_stood() {
        let mut known = Known::new(true);
        known.absorb(&message(vec![config("a", 5), config("b", 6)]));
        known.absorb(&message(vec![config("a", 4), tombstone("b", 9)]));
        known.absorb(&message(vec![config("b", 7), config("c", 8)]));
        assert_eq!(known.high_water_mark(), 9);

        let bytes = known.encode().unwrap();
        let mut restored = Known::new(false);
        restored.restore(&wire::Configs::decode(&*bytes).unwrap());
        assert_eq!((restored.high_water_mark(), restored.encode()), (9, None));

        let mut store = LayeredStore::default();
        let set = convert::decode(&bytes).unwrap().set;
        store.apply(Update::Snapshot { set, source: "cache".into() });
        let ids: Vec<_> = store.entries().map(|entry| (&*entry.config.key, entry.config.id)).collect();
        assert_eq!(ids, [("a", 5), ("c", 8)]);
        assert_eq!(store.project_env_id(), 308);
    }
}
