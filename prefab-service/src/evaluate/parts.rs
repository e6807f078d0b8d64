//! Parts of responses that many requests share: the keys that a caller may read, and the text of each possible result.
//!
//! A result is a value with its place in the config. Its text depends on neither the contexts nor the clock, so it is
//! written once and copied into each response.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use prefab_core::{Entry, ids::EnvironmentId};
use prefab_eval::{Evaluation, Ruleset};
use quick_cache::{Weighter, sync};

/// Expected number of texts. The limit is in bytes.
const EXPECTED: usize = 1 << 10;
/// Memory of a text besides its bytes.
const OVERHEAD: usize = 96;

/// The parts of responses, of all environments.
pub struct ResponseParts {
    keys: Mutex<HashMap<(EnvironmentId, Reader), Arc<ReadableKeys>>>,
    texts: sync::Cache<ResultKey, Arc<str>, BySize>,
}

/// Who reads a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// A front end.
    FrontEnd,
    /// A server.
    Backend,
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A member of the response with the protobuf message in proto3 JSON.
    V1,
    /// A member of the response with plain values.
    V2,
    /// A member of the response for Quonfig SDKs.
    Quonfig,
    /// An entry of an OFREP response.
    Ofrep,
}

/// The keys that a reader may read in one version of an environment, sorted.
pub struct ReadableKeys {
    last_id: i64,
    /// The keys.
    pub keys: Vec<Arc<str>>,
    /// Whether the reader may read each config, by the id of its version.
    is_readable: HashMap<i64, bool>,
}

/// A result: the number of its value, which no other value of the process has, and its place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ResultKey {
    value: u64,
    row: u32,
    rule: u32,
    choice: Option<u32>,
    form: Form,
}

#[derive(Clone)]
struct BySize;

impl Weighter<ResultKey, Arc<str>> for BySize {
    fn weight(&self, _: &ResultKey, text: &Arc<str>) -> u64 {
        (OVERHEAD + text.len()) as u64
    }
}

impl ResponseParts {
    /// Creates a cache of at most this many bytes of texts.
    pub fn new(bytes: usize) -> Self {
        Self { keys: Mutex::default(), texts: sync::Cache::with_weighter(EXPECTED, bytes as u64, BySize) }
    }

    /// Returns the keys that a reader may read. `ruleset` is the ruleset of the version `last_id`.
    pub(crate) fn readable_keys(
        &self,
        environment: EnvironmentId,
        reader: Reader,
        ruleset: &Ruleset,
        last_id: i64,
        may_read: impl Fn(&Entry) -> bool,
    ) -> Arc<ReadableKeys> {
        let place = (environment, reader);
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(keys) = known.as_ref().filter(|keys| keys.last_id == last_id) {
            return Arc::clone(keys);
        }
        // Decoding a config is slow, so only changed configs are looked at.
        let decided = known.as_ref().map(|keys| &keys.is_readable);
        let mut is_readable = HashMap::with_capacity(ruleset.len());
        let mut keys = Vec::new();
        for entry in ruleset.entries() {
            let id = entry.stored().id();
            let known = decided.and_then(|decided| decided.get(&id)).copied();
            let readable = known.unwrap_or_else(|| may_read(entry));
            is_readable.insert(id, readable);
            if readable {
                keys.push(Arc::clone(entry.stored().shared_key()));
            }
        }
        keys.sort_unstable();
        let keys = Arc::new(ReadableKeys { last_id, keys, is_readable });
        let mut all = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have stored a newer version.
        if all.get(&place).is_none_or(|stored| stored.last_id < last_id) {
            all.insert(place, Arc::clone(&keys));
        }
        keys
    }

    /// Returns the text of a result, written once. Values that each evaluation computes are written each time. Returns `None`
    /// if `write` does.
    pub(crate) fn text(
        &self,
        evaluation: &Evaluation<'_>,
        form: Form,
        write: impl FnOnce() -> Option<String>,
    ) -> Option<Arc<str>> {
        if !evaluation.is_precomputed() {
            return write().map(Into::into);
        }
        let key = ResultKey {
            value: evaluation.id(),
            row: evaluation.config_row_index,
            rule: evaluation.conditional_value_index,
            choice: evaluation.weighted_value_index,
            form,
        };
        if let Some(text) = self.texts.get(&key) {
            return Some(text);
        }
        let text: Arc<str> = write()?.into();
        self.texts.insert(key, Arc::clone(&text));
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use prefab_eval::{Contexts, FixedHost};

    use super::*;

    fn ruleset(id: i64) -> Ruleset {
        Ruleset::from_datafile(&format!(
            r#"{{"configs": [
            {{"id": "{id}", "key": "b", "rows": [{{"values": [{{"value": {{"int": "1"}}}}]}}]}},
            {{"id": "1", "key": "a", "rows": [{{"values": [{{"value": {{"int": "1"}}}}]}}]}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn only_changed_configs_are_looked_at() {
        let parts = ResponseParts::new(1 << 20);
        let looked = std::cell::RefCell::new(Vec::new());
        let keys = |id| {
            let keys = parts.readable_keys(EnvironmentId(5), Reader::FrontEnd, &ruleset(id), id, |entry| {
                looked.borrow_mut().push(entry.key().to_owned());
                true
            });
            assert_eq!(keys.keys.iter().map(|key| &**key).collect::<Vec<_>>(), ["a", "b"]);
            std::mem::take(&mut *looked.borrow_mut()).len()
        };
        assert_eq!((keys(10), keys(10), keys(11)), (2, 0, 1));
        assert_eq!(keys(10), 1, "an older version does not replace a newer one");
        assert_eq!(keys(11), 0);
    }

    #[test]
    fn a_result_is_written_once() {
        let (parts, ruleset) = (ResponseParts::new(1 << 20), ruleset(2));
        let text = |key, form, text: &str| {
            let evaluation = ruleset.evaluate(key, &Contexts::default(), &FixedHost::default()).unwrap();
            parts.text(&evaluation, form, || Some(text.to_owned())).unwrap().to_string()
        };
        assert_eq!((text("a", Form::V1, "one"), text("a", Form::V1, "two")), ("one".into(), "one".into()));
        assert_eq!(
            (text("a", Form::V2, "three"), text("b", Form::V1, "four")),
            ("three".into(), "four".into())
        );
    }
}
