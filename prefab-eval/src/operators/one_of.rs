//! The operator "is one of".

use std::{collections::HashSet, hash::BuildHasher as _, sync::LazyLock};

use foldhash::fast::FixedState;
use prefab_core::{ContextValue, text::TextBuffer};

use super::texts::{FingerprintedTexts, short_fingerprint};

/// The number of texts up to which comparing fingerprints one by one is faster than hashing.
const MAX_LINEAR: usize = 16;

/// The random seed of all sets in the process, so that a list cannot be crafted to collide.
static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::RandomState::new().hash_one(MAX_LINEAR));

/// The texts of a list, compiled for lookups.
#[derive(Debug)]
pub(crate) enum TextSet {
    Few(FingerprintedTexts),
    #[expect(clippy::box_collection, reason = "the set itself would double the size of every condition")]
    Many(Box<HashSet<Box<str>, FixedState>>),
}

impl TextSet {
    pub(crate) fn new(texts: &[&str]) -> Self {
        if texts.len() <= MAX_LINEAR {
            Self::Few(FingerprintedTexts::new(texts))
        } else {
            let mut set = HashSet::with_capacity_and_hasher(texts.len(), FixedState::with_seed(*SEED));
            set.extend(texts.iter().map(|text| Box::from(*text)));
            Self::Many(Box::new(set))
        }
    }

    /// Returns the texts.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Few(texts) => Box::new(texts.iter().map(|text| str::from_utf8(text).unwrap_or_default())),
            Self::Many(texts) => Box::new(texts.iter().map(|text| &**text)),
        }
    }

    #[inline]
    pub(crate) fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.contains(text, short_fingerprint(text)),
            Self::Many(texts) => has(texts, text),
        }
    }

    /// Returns whether the value, or one element of a list, is in the set.
    #[inline]
    pub(crate) fn contains_value(&self, value: &ContextValue) -> bool {
        match value {
            ContextValue::String(text) => self.contains(text),
            ContextValue::StringList(list) => list.iter().any(|text| self.contains(text)),
            other => TextBuffer::default().scalar(other).is_some_and(|text| self.contains(text)),
        }
    }
}

#[inline(never)]
fn has(texts: &HashSet<Box<str>, FixedState>, text: &str) -> bool {
    texts.contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_contains_exactly_the_texts_of_its_list(
            texts in prop::collection::vec("[ab]{0,18}", 0..40),
            other in "[ab]{0,18}",
        ) {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let set = TextSet::new(&borrowed);
            prop_assert_eq!(set.contains(&other), texts.contains(&other));
            for text in &texts {
                prop_assert!(set.contains(text));
            }
        }
    }
}
