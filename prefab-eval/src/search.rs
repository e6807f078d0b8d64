//! Criteria whose pattern has no state table: each search spends effort, and may give up.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use prefab_core::ContextValue;

use crate::{
    operators::Pattern,
    search_budget::{SearchBudget, SearchLimit},
};

/// The pattern of a criterion, and whether a search for it has ever given up.
#[derive(Debug)]
pub(crate) struct Search {
    pattern: Arc<Pattern>,
    negated: bool,
    /// The limit that a search met, as its number in [`LIMITS`] plus one; 0 if none did.
    met: AtomicU8,
}

const LIMITS: [SearchLimit; 4] =
    [SearchLimit::TextLength, SearchLimit::Steps, SearchLimit::Budget, SearchLimit::Pattern];

impl Search {
    pub(crate) fn new(pattern: Arc<Pattern>, negated: bool) -> Self {
        Self { pattern, negated, met: AtomicU8::new(0) }
    }

    /// Searches a property, and returns whether the criterion matches.
    pub(crate) fn holds(
        &self,
        property: Option<&ContextValue>,
        effort: &mut SearchBudget,
    ) -> Result<bool, SearchLimit> {
        let Some(ContextValue::String(text)) = property else { return Ok(false) };
        self.pattern.search(text, effort).map(|found| found != self.negated).inspect_err(|limit| {
            let number = (1..).zip(LIMITS).find(|(_, known)| known == limit).map_or(0, |(number, _)| number);
            // Written once: many threads evaluate the same criterion.
            if self.met.load(Ordering::Relaxed) == 0 {
                self.met.store(number, Ordering::Relaxed);
            }
        })
    }

    /// Returns the first limit that a search met.
    pub(crate) fn limit_met(&self) -> Option<SearchLimit> {
        let number = usize::from(self.met.load(Ordering::Relaxed));
        number.checked_sub(1).and_then(|at| LIMITS.get(at)).copied()
    }
}
