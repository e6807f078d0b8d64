//! A config key that remembers its slot.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{ConfigRef, Ruleset};

/// A config key that remembers where rulesets store its config, so that finding the config again needs no hash.
///
/// The same key works with every ruleset. It stays valid if the config is created, changed, deleted or restored. It is
/// fastest with rulesets that were created from one another by
/// [`with_changes`](Ruleset::with_changes) or [`apply_changes`](Ruleset::apply_changes).
///
/// # Examples
///
/// ```
/// use prefab_eval::{PreparedKey, Ruleset};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "new-checkout", "rows": [{"values": [{"value": {"bool": true}}]}]}
/// ]}"#)?;
/// let key = PreparedKey::new("new-checkout");
/// assert!(ruleset.find_prepared(&key).is_some());
/// assert!(Ruleset::default().find_prepared(&key).is_none());
/// # Ok::<(), prefab_eval::datafile::DatafileError>(())
/// ```
pub struct PreparedKey {
    key: Arc<str>,
    /// The slot in the last ruleset that had the key. Every use compares the key of the slot, so any number is valid.
    slot: AtomicU32,
}

impl PreparedKey {
    /// Prepares a key. The first search for it stores the slot.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self { key: key.into(), slot: AtomicU32::new(u32::MAX) }
    }

    /// Returns the key.
    pub fn as_str(&self) -> &str {
        &self.key
    }
}

impl Clone for PreparedKey {
    fn clone(&self) -> Self {
        Self { key: Arc::clone(&self.key), slot: AtomicU32::new(self.slot.load(Ordering::Relaxed)) }
    }
}

impl fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PreparedKey").field(&self.key).finish()
    }
}

impl Ruleset {
    /// Finds the config with a prepared key.
    ///
    /// Does not allocate or lock.
    #[inline]
    pub fn find_prepared(&self, key: &PreparedKey) -> Option<ConfigRef<'_>> {
        let slot = key.slot.load(Ordering::Relaxed);
        if self.keys.has_name(slot, &key.key) { self.at(slot) } else { self.find_and_remember(key) }
    }

    #[cold]
    fn find_and_remember(&self, key: &PreparedKey) -> Option<ConfigRef<'_>> {
        let slot = self.keys.slot(&key.key)?;
        key.slot.store(slot, Ordering::Relaxed);
        self.at(slot)
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::{Config, Entry, Layer, LayeredStore, Provenance, Update};

    use super::*;
    use crate::{Contexts, EvaluatedValue, Options, SystemHost};

    fn value(ruleset: &Ruleset, key: &PreparedKey) -> Option<i64> {
        match ruleset.find_prepared(key)?.evaluate(&Contexts::default(), &SystemHost).ok()?.value {
            EvaluatedValue::Int(int) => Some(int),
            _ => None,
        }
    }

    #[test]
    fn a_prepared_key_finds_its_config_after_every_change() {
        let provenance = Arc::new(Provenance::new(Layer::Default, "test"));
        let mut store = LayeredStore::default();
        let mut ruleset = Ruleset::from_store(&store, &Options::default());
        let key = PreparedKey::new("b");
        assert_eq!(value(&ruleset, &key), None);
        let steps: [(&[(&str, i64)], _); 6] = [
            (&[("a", 1)], None),
            (&[("a", 1), ("b", 2)], Some(2)),
            (&[("a", 1), ("b", 3)], Some(3)),
            (&[("a", 1)], None),
            (&[("b", 4)], Some(4)),
            (&[], None),
        ];
        for (configs, expected) in steps {
            let entry = |(key, value): &(&str, i64)| {
                Entry::new(Config::constant(*key, *value), Arc::clone(&provenance))
            };
            let entries = configs.iter().map(entry).collect();
            let changed = store.apply(Update::Replace { slot: Layer::Default.into(), entries });
            ruleset.apply_changes(&store, &changed);
            assert_eq!(value(&ruleset, &key), expected, "{configs:?}");
        }
    }

    #[test]
    fn a_slot_of_another_ruleset_is_not_used() {
        let provenance = Arc::new(Provenance::new(Layer::Program, "test"));
        let build = |keys: &[(&str, i64)]| {
            let entry = |(key, value): &(&str, i64)| {
                Entry::new(Config::constant(*key, *value), Arc::clone(&provenance))
            };
            Ruleset::build(keys.iter().map(entry), Options::default())
        };
        let (first, second, third) =
            (build(&[("a", 1), ("b", 2)]), build(&[("b", 3), ("a", 4)]), build(&[("c", 5), ("d", 6)]));
        let key = PreparedKey::new("b");
        let all = [&first, &second, &third, &first];
        assert_eq!(all.map(|ruleset| value(ruleset, &key)), [Some(2), Some(3), None, Some(2)]);
    }
}
