//! The slots of the configs that have patterns.

use std::{collections::BTreeSet, sync::Arc};

use crate::compiled::CompiledConfig;

/// The slots of the configs that have patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatternSlots(Arc<BTreeSet<u32>>);

impl PatternSlots {
    /// Replaces a config, and returns whether the old one or the new one has patterns.
    pub(crate) fn replace(&mut self, slot: u32, config: Option<&CompiledConfig>) -> bool {
        let is_patterned = config.is_some_and(|config| config.patterns().is_some());
        let was_patterned = self.0.contains(&slot);
        match (was_patterned, is_patterned) {
            (false, true) => drop(Arc::make_mut(&mut self.0).insert(slot)),
            (true, false) => drop(Arc::make_mut(&mut self.0).remove(&slot)),
            _ => {}
        }
        was_patterned || is_patterned
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}
