//! What the provider remembers between evaluations.
//!
//! The reason, variant and metadata of a precomputed value never change, but computing them decodes the config. They are
//! kept until a config changes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use open_feature::{EvaluationReason, FlagMetadata};

/// The reason, variant and metadata of a value.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) reason: EvaluationReason,
    pub(crate) variant: String,
    /// `None` if the provider returns no metadata.
    pub(crate) metadata: Option<FlagMetadata>,
}

/// The maximum number of remembered values, missing keys or unsupported fields.
const MAX_ENTRIES: usize = 10_000;

/// The maximum length of a missing key for which a similar one is searched, in bytes.
const MAX_KEY_BYTES: usize = 1 << 10;

/// Remembered results. All clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// By the id of the compiled value, which is unique within the process.
    descriptions: RwLock<HashMap<u64, Arc<Description>>>,
    /// The most similar existing key, by missing key.
    similar_keys: Mutex<HashMap<String, Option<String>>>,
    /// The fields of evaluation contexts that have been reported.
    reported: Mutex<HashSet<String>>,
}

impl Cache {
    /// Returns the description of a value, or computes it.
    pub(crate) fn description(&self, id: u64, describe: impl FnOnce() -> Description) -> Arc<Description> {
        let descriptions = &self.0.descriptions;
        if let Some(known) = descriptions.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Arc::clone(known);
        }
        let description = Arc::new(describe());
        let mut descriptions = descriptions.write().unwrap_or_else(PoisonError::into_inner);
        if descriptions.len() >= MAX_ENTRIES {
            descriptions.clear();
        }
        descriptions.insert(id, Arc::clone(&description));
        description
    }

    /// Returns the existing key that is most similar to a missing key, or searches for it.
    pub(crate) fn similar_key(&self, key: &str, search: impl FnOnce() -> Option<String>) -> Option<String> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        if let Some(known) = lock(&self.0.similar_keys).get(key) {
            return known.clone();
        }
        let similar = search();
        let mut similar_keys = lock(&self.0.similar_keys);
        if similar_keys.len() >= MAX_ENTRIES {
            similar_keys.clear();
        }
        similar_keys.insert(key.to_owned(), similar.clone());
        similar
    }

    /// Returns whether a field has not been reported before, and remembers it.
    pub(crate) fn is_first_report(&self, field: &str) -> bool {
        let mut reported = lock(&self.0.reported);
        reported.len() < MAX_ENTRIES && !reported.contains(field) && reported.insert(field.to_owned())
    }

    /// Forgets what depends on the configs.
    pub(crate) fn forget(&self) {
        self.0.descriptions.write().unwrap_or_else(PoisonError::into_inner).clear();
        lock(&self.0.similar_keys).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_computed_once_until_a_config_changes() {
        let cache = Cache::default();
        let describe =
            || Description { reason: EvaluationReason::Static, variant: "on".to_owned(), metadata: None };
        assert_eq!(cache.description(1, describe).variant, "on");
        assert_eq!(cache.description(1, || unreachable!()).variant, "on");
        assert_eq!(cache.similar_key("a", || Some("b".to_owned())).as_deref(), Some("b"));
        assert_eq!(cache.similar_key("a", || unreachable!()).as_deref(), Some("b"));
        cache.forget();
        assert_eq!(cache.similar_key("a", || None), None);
        let other = cache.description(1, || Description { variant: "off".to_owned(), ..describe() });
        assert_eq!(other.variant, "off");
    }

    #[test]
    fn the_number_of_entries_is_limited() {
        let cache = Cache::default();
        for number in 0..2 * MAX_ENTRIES as u64 {
            cache.similar_key(&number.to_string(), || None);
            cache.is_first_report(&number.to_string());
            let describe =
                || Description { reason: EvaluationReason::Static, variant: String::new(), metadata: None };
            cache.description(number, describe);
        }
        assert!(lock(&cache.0.similar_keys).len() <= MAX_ENTRIES);
        assert!(lock(&cache.0.reported).len() <= MAX_ENTRIES);
        assert!(cache.0.descriptions.read().unwrap().len() <= MAX_ENTRIES);
    }
}
