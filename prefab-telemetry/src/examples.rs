//! Example contexts, each at most once an hour.

use std::{collections::HashMap, hash::Hasher as _};

use prefab_core::{Context, ContextSet, ContextValue};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::{bounds::MAX_TEXT_BYTES, report::ExampleContext};

/// How long an example is not reported again.
const HOUR_MILLIS: i64 = 60 * 60 * 1_000;

/// The property that identifies a context.
const KEY: &str = "key";

/// The examples since the last drain, and those of the last hour.
pub(crate) struct Examples {
    met: Vec<ExampleContext>,
    max: usize,
    /// The time of each.
    remembered: HashMap<u128, i64>,
    max_remembered: usize,
}

/// A hash of the keys of contexts. Sets with equal keys are one example.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    /// Returns `None` if no context has a key.
    pub(crate) fn of(contexts: &ContextSet) -> Option<Self> {
        let mut keyed: Vec<(&str, &ContextValue)> =
            contexts.iter().filter_map(|context| Some((context.name(), key(context)?))).collect();
        if keyed.is_empty() {
            return None;
        }
        keyed.sort_unstable_by_key(|(name, _)| *name);
        let mut hasher = SipHasher13::new();
        for (name, key) in keyed {
            for text in [name, &key.to_string()] {
                // The length distinguishes `ab` + `c` from `a` + `bc`.
                hasher.write_usize(text.len());
                hasher.write(text.as_bytes());
            }
        }
        Some(Self(hasher.finish128().as_u128()))
    }
}

/// Returns the key of a context, unless it is empty or null.
#[inline]
pub(crate) fn key(context: &Context) -> Option<&ContextValue> {
    context.get(KEY).filter(|value| match value {
        ContextValue::Null => false,
        ContextValue::String(text) => !text.is_empty(),
        _ => true,
    })
}

impl Examples {
    pub(crate) fn new(max: usize, max_remembered: usize) -> Self {
        Self { met: Vec::new(), max, remembered: HashMap::new(), max_remembered }
    }

    /// Adds contexts, unless they were added within the hour. Returns whether a limit allowed it.
    pub(crate) fn add(
        &mut self,
        Fingerprint(fingerprint): Fingerprint,
        contexts: ContextSet,
        at_millis: i64,
    ) -> bool {
        if self.remembered.get(&fingerprint).is_some_and(|met| at_millis - met < HOUR_MILLIS) {
            return true;
        }
        let known = self.remembered.contains_key(&fingerprint);
        let full = self.met.len() >= self.max || (!known && self.remembered.len() >= self.max_remembered);
        if full || len(&contexts) > MAX_TEXT_BYTES {
            return false;
        }
        self.remembered.insert(fingerprint, at_millis);
        self.met.push(ExampleContext { at_millis, contexts });
        true
    }

    /// Returns the examples, and forgets contexts after an hour.
    pub(crate) fn take(&mut self, now_millis: i64) -> Vec<ExampleContext> {
        self.remembered.retain(|_, met| now_millis - *met < HOUR_MILLIS);
        std::mem::take(&mut self.met)
    }
}

/// Returns the approximate size of contexts in bytes.
fn len(contexts: &ContextSet) -> usize {
    let properties = contexts.iter().flat_map(Context::properties);
    let bytes = properties.map(|(name, value)| {
        let value = match value {
            ContextValue::String(text) => text.len(),
            ContextValue::StringList(list) => list.iter().map(|text| text.len() + size_of::<String>()).sum(),
            _ => 0,
        };
        name.len() + value + size_of::<ContextValue>()
    });
    bytes.sum::<usize>() + contexts.iter().map(|context| context.name().len()).sum::<usize>()
}
