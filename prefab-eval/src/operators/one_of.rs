//! Membership of a text in a list.

use std::{collections::HashSet, hash::BuildHasher as _, sync::LazyLock};

use foldhash::fast::FixedState;
use prefab_core::{ContextValue, text::TextBuffer};

use super::texts::{Texts, print};

/// Up to this many texts, comparing prints one by one beats a hash.
const SCANNED: usize = 16;

/// The seed of the sets of this process: no list can be written whose texts all have the same hash.
static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::RandomState::new().hash_one(SCANNED));

/// The texts of a list, made ready for look-ups.
#[derive(Debug)]
pub(crate) enum TextSet {
    Few(Texts),
    #[expect(clippy::box_collection, reason = "the set itself would double the room of every condition")]
    Many(Box<HashSet<Box<str>, FixedState>>),
}

impl TextSet {
    pub(crate) fn new(texts: &[&str]) -> Self {
        if texts.len() <= SCANNED {
            Self::Few(Texts::new(texts))
        } else {
            let mut set = HashSet::with_capacity_and_hasher(texts.len(), FixedState::with_seed(*SEED));
            set.extend(texts.iter().map(|text| Box::from(*text)));
            Self::Many(Box::new(set))
        }
    }

    /// Lists the texts.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Few(texts) => Box::new(texts.iter().map(|text| str::from_utf8(text).unwrap_or_default())),
            Self::Many(texts) => Box::new(texts.iter().map(|text| &**text)),
        }
    }

    #[inline]
    pub(crate) fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.contains(text, print(text)),
            Self::Many(texts) => has(texts, text),
        }
    }

    /// Tells whether the value, or one element of a list, is in the set.
    #[inline]
    pub(crate) fn meets(&self, value: &ContextValue) -> bool {
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
        fn a_text_is_in_the_list_that_has_it(
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
