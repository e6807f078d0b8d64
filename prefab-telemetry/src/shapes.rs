//! Shapes: which properties contexts have, and of which kind.

use std::collections::BTreeMap;

use prefab_core::{ContextSet, ContextValue};

use crate::{bounds::MAX_TEXT_BYTES, report::ContextShape};

/// The shapes met since the last drain.
pub(crate) struct Shapes {
    by_name: BTreeMap<String, BTreeMap<String, i32>>,
    /// How many properties there are.
    properties: usize,
    max: usize,
}

impl Shapes {
    pub(crate) fn new(max: usize) -> Self {
        Self { by_name: BTreeMap::new(), properties: 0, max }
    }

    /// Takes in the shapes of contexts, and tells how many properties found no capacity.
    ///
    /// Of two kinds of one property, the one met last is told.
    pub(crate) fn add(&mut self, contexts: &ContextSet) -> u64 {
        let mut dropped = 0;
        for context in contexts.iter() {
            for (property, value) in context.properties() {
                dropped += u64::from(!self.add_property(context.name(), property, number(value)));
            }
        }
        dropped
    }

    fn add_property(&mut self, name: &str, property: &str, kind: i32) -> bool {
        if let Some(known) = self.by_name.get_mut(name).and_then(|properties| properties.get_mut(property)) {
            *known = kind;
            return true;
        }
        if self.properties >= self.max || name.len() + property.len() > MAX_TEXT_BYTES {
            return false;
        }
        self.properties += 1;
        self.by_name.entry(name.to_owned()).or_default().insert(property.to_owned(), kind);
        true
    }

    pub(crate) fn take(&mut self) -> Vec<ContextShape> {
        self.properties = 0;
        let shapes = std::mem::take(&mut self.by_name).into_iter();
        shapes.map(|(name, properties)| ContextShape { name, properties }).collect()
    }
}

/// The numbers follow `ConfigValue`'s fields; whatever has no kind is told as a text, as by every client.
pub(crate) fn number(value: &ContextValue) -> i32 {
    match value {
        ContextValue::Int(_) => 1,
        ContextValue::String(_) | ContextValue::Null => 2,
        ContextValue::Double(_) => 4,
        ContextValue::Bool(_) => 5,
        ContextValue::StringList(_) => 10,
    }
}
