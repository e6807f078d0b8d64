//! The limit of an evaluation for regular expressions that backtrack.

use std::fmt;

/// The number of steps that searches may still take. A step takes about 20 ns.
///
/// Searches of patterns with a state table take time proportional to the text and are not counted.
///
/// An evaluation starts with [`SearchBudget::default`]. To limit several evaluations together, for example those of one
/// request, pass the same budget to [`Ruleset::evaluate_with_budget`](crate::Ruleset::evaluate_with_budget).
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, Ruleset, SearchBudget, SystemHost};
///
/// let ruleset = Ruleset::default();
/// let mut budget = SearchBudget::default();
/// for key in ["max-jobs", "new-checkout"] {
///     let _ = ruleset.evaluate_with_budget(key, &Contexts::default(), &SystemHost, &mut budget);
/// }
/// assert!(!budget.is_exhausted());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchBudget {
    steps: u32,
}

impl Default for SearchBudget {
    /// Returns the budget of one evaluation: 4,000,000 steps, about 100 ms.
    #[inline]
    fn default() -> Self {
        Self { steps: 4_000_000 }
    }
}

impl SearchBudget {
    /// Returns whether a search was skipped because too few steps were left. Later searches are skipped too.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!prefab_eval::SearchBudget::default().is_exhausted());
    /// ```
    pub fn is_exhausted(self) -> bool {
        self.steps == 0
    }

    /// Takes steps. Returns false and empties the budget if too few are left.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.checked_sub(steps));
        self.steps = left.unwrap_or_default();
        self.steps > 0
    }
}

/// The limit that a search reached. Its criterion does not match, whether it is negated or not.
///
/// # Examples
///
/// ```
/// use prefab_eval::SearchLimit;
/// assert_eq!(SearchLimit::TextLength.to_string(), "the text is too long for a backtracking pattern");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchLimit {
    /// The text is too long for a backtracking pattern.
    TextLength,
    /// The search took more steps than one search may take.
    Steps,
    /// The searches of the evaluation together used up the budget.
    Budget,
    /// The pattern could not be compiled.
    Pattern,
}

impl fmt::Display for SearchLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TextLength => "the text is too long for a backtracking pattern",
            Self::Steps => "the search took too many backtracking steps",
            Self::Budget => "the searches of this evaluation took too many backtracking steps together",
            Self::Pattern => "the pattern cannot be compiled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_needs_too_many_steps_exhausts_the_budget() {
        let mut budget = SearchBudget::default();
        assert!(budget.spend(3_000_000) && !budget.is_exhausted());
        assert!(!budget.spend(3_000_000) && budget.is_exhausted());
        assert!(!budget.spend(1));
        assert!(!SearchBudget::default().spend(usize::MAX));
    }
}
