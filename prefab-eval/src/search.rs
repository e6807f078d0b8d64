//! Criteria whose pattern has no state table. Their searches use up the budget and can reach a limit.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use prefab_core::ContextValue;

use crate::{
    operators::Pattern,
    search_budget::{SearchBudget, SearchLimit},
};

/// The pattern of a criterion, and the first limit that a search reached.
#[derive(Debug)]
pub(crate) struct Search {
    pattern: Arc<Pattern>,
    negated: bool,
    /// The index in [`LIMITS`] of the first limit that a search reached, plus one; 0 if none was reached.
    met: AtomicU8,
}

const LIMITS: [SearchLimit; 4] =
    [SearchLimit::TextLength, SearchLimit::Steps, SearchLimit::Budget, SearchLimit::Pattern];

impl Search {
    pub(crate) fn new(pattern: Arc<Pattern>, negated: bool) -> Self {
        Self { pattern, negated, met: AtomicU8::new(0) }
    }

    /// Searches a property, and returns whether the criterion matches.
    pub(crate) fn matches(
        &self,
        property: Option<&ContextValue>,
        budget: &mut SearchBudget,
    ) -> Result<bool, SearchLimit> {
        let Some(ContextValue::String(text)) = property else { return Ok(false) };
        self.pattern.search(text, budget).map(|found| found != self.negated).inspect_err(|limit| {
            let number = (1..).zip(LIMITS).find(|(_, known)| known == limit).map_or(0, |(number, _)| number);
            // Written once, because many threads evaluate the same criterion.
            if self.met.load(Ordering::Relaxed) == 0 {
                self.met.store(number, Ordering::Relaxed);
            }
        })
    }

    /// Returns the first limit that a search reached.
    pub(crate) fn limit_reached(&self) -> Option<SearchLimit> {
        let number = usize::from(self.met.load(Ordering::Relaxed));
        number.checked_sub(1).and_then(|at| LIMITS.get(at)).copied()
    }
}
