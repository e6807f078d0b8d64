//! Context shapes: the properties of contexts and their kinds.

use std::collections::BTreeMap;

use prefab_core::{ContextSet, ContextValue};

use crate::{bounds::MAX_TEXT_BYTES, report::ContextShape};

/// The shapes seen since the last drain.
pub(crate) struct Shapes {
    by_name: BTreeMap<String, BTreeMap<String, i32>>,
    /// The number of properties.
    properties: usize,
    max: usize,
}

impl Shapes {
    pub(crate) fn new(max: usize) -> Self {
        Self { by_name: BTreeMap::new(), properties: 0, max }
    }

    /// Adds the shapes of contexts. Returns the number of properties that were dropped.
    ///
    /// If a property has had two kinds, the later one is reported.
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

/// The numbers are those of the fields of `ConfigValue`. A null value is reported as a string, as by all clients.
pub(crate) fn number(value: &ContextValue) -> i32 {
    match value {
        ContextValue::Int(_) => 1,
        ContextValue::String(_) | ContextValue::Null => 2,
        ContextValue::Double(_) => 4,
        ContextValue::Bool(_) => 5,
        ContextValue::StringList(_) => 10,
    }
}
