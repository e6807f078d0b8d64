//! The current configs of a project in memory.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use prefab_store::Version;

use crate::{name_index::NameIndex, shared_keys::SharedKeys};

/// The current configs of a project by key, with the rows of all environments.
pub type Configs = BTreeMap<String, Arc<Version>>;

/// The current configs of a project, and what is derived from them.
///
/// Readers share the maps. A change copies a map only while a reader uses it.
#[derive(Clone, Default)]
pub(crate) struct CurrentConfigs {
    configs: Arc<Configs>,
    shared: SharedKeys,
    names: Arc<NameIndex>,
    /// The deletions of keys, because clients may report these keys for a while.
    deleted: Arc<HashMap<String, Version>>,
}

impl CurrentConfigs {
    /// Returns all current configs.
    pub(crate) fn configs(&self) -> Arc<Configs> {
        Arc::clone(&self.configs)
    }

    /// Returns the keys of the segments.
    pub(crate) fn segments(&self) -> Arc<HashSet<String>> {
        Arc::clone(&self.shared.segments)
    }

    /// Returns the keys of the configs that others are compiled with.
    pub(crate) fn shared_keys(&self) -> SharedKeys {
        self.shared.clone()
    }

    /// Returns the index of the names of the configs.
    pub(crate) fn names(&self) -> Arc<NameIndex> {
        Arc::clone(&self.names)
    }

    /// Returns whether no reader uses the map of configs, so that a change does not copy it.
    pub(crate) fn is_unshared(&mut self) -> bool {
        Arc::get_mut(&mut self.configs).is_some()
    }

    /// Returns the current version of a key, or `None` if it is deleted.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Version>> {
        self.configs.get(key).cloned()
    }

    /// Returns whether a config with this key exists or existed.
    pub(crate) fn has_or_had(&self, key: &str) -> bool {
        self.configs.contains_key(key) || self.deleted.contains_key(key)
    }

    /// Returns the newest version of every key, deleted keys included.
    pub(crate) fn versions(&self) -> Vec<Version> {
        self.configs
            .values()
            .map(|version| Version::clone(version))
            .chain(self.deleted.values().cloned())
            .collect()
    }

    /// Applies versions, which come oldest first.
    pub(crate) fn apply(&mut self, versions: &[Version]) {
        let configs = Arc::make_mut(&mut self.configs);
        for version in versions {
            self.shared.apply(&version.key, version.config.as_ref());
            let before = configs.get(&version.key).and_then(|before| before.config.as_ref());
            let after = version.config.as_ref();
            if NameIndex::is_changed_by(&version.key, before, after) {
                let names = Arc::make_mut(&mut self.names);
                if let Some(config) = before {
                    names.remove(&version.key, config);
                }
                if let Some(config) = after {
                    names.add(&version.key, config);
                }
            }
            if version.config.is_some() {
                if self.deleted.contains_key(&version.key) {
                    Arc::make_mut(&mut self.deleted).remove(&version.key);
                }
                configs.insert(version.key.clone(), Arc::new(version.clone()));
            } else {
                configs.remove(&version.key);
                Arc::make_mut(&mut self.deleted).insert(version.key.clone(), version.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::{ChangedBy, Config, ConfigType};

    use super::*;

    fn version(id: i64, key: &str, config_type: Option<ConfigType>) -> Version {
        Version {
            id,
            previous_id: None,
            key: key.to_owned(),
            config: config_type.map(|config_type| Config { config_type, ..Config::constant(key, id) }),
            changed_by: ChangedBy::default(),
            changed_at_millis: 0,
        }
    }

    #[test]
    fn segments_and_names_follow_the_configs() {
        let mut current = CurrentConfigs::default();
        current.apply(&[
            version(1, "a", Some(ConfigType::Segment)),
            version(2, "b", Some(ConfigType::Segment)),
            version(3, "c", Some(ConfigType::Config)),
        ]);
        let before = (current.configs(), current.segments());
        assert!(before.1.contains("a") && before.1.contains("b") && !before.1.contains("c"));
        current.apply(&[version(4, "a", None), version(5, "b", Some(ConfigType::Config))]);
        assert!(current.segments().is_empty());
        assert_eq!((before.0.len(), before.1.len()), (3, 2), "readers keep what they have");
        assert!(current.has_or_had("a") && current.get("a").is_none());
        let similar = |current: &CurrentConfigs| {
            let (names, configs) = (current.names(), current.configs());
            names.similar_keys(&configs, "c\u{feff}").map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(similar(&current), ["c"]);
        current.apply(&[version(6, "c\u{200b}", Some(ConfigType::Config))]);
        assert_eq!(similar(&current), ["c", "c\u{200b}"]);
        current.apply(&[version(7, "c\u{200b}", None)]);
        assert_eq!(similar(&current), ["c"]);
        let mut ids: Vec<i64> = current.versions().iter().map(|version| version.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, [3, 4, 5, 7]);
    }
}
