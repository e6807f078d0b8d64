//! Membership of a text in a list.

use std::collections::HashSet;

use prefab_core::{ContextValue, text::TextBuffer};

/// Up to this many texts, comparing lengths and bytes one by one beats a hash.
const SCANNED: usize = 4;

/// The texts of a list, made ready for look-ups.
#[derive(Debug)]
pub(crate) enum TextSet {
    Few(Box<[Box<str>]>),
    Many(HashSet<Box<str>, foldhash::fast::FixedState>),
}

impl TextSet {
    pub(crate) fn new(texts: &[String]) -> Self {
        let boxed = texts.iter().map(|text| text.as_str().into());
        if texts.len() <= SCANNED { Self::Few(boxed.collect()) } else { Self::Many(boxed.collect()) }
    }

    #[inline]
    fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.iter().any(|entry| **entry == *text),
            Self::Many(texts) => texts.contains(text),
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
