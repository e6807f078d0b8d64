//! The work that one evaluation may spend on regular expressions without a state table.

use std::fmt;

/// The work that searches may still take. One step of a backtracking search takes about 20 ns.
///
/// Searches of patterns with a state table take time proportional to the text and do not count.
///
/// An evaluation starts with [`SearchBudget::default`]. To bound several evaluations together, for example all of one
/// request, hand the same value to [`Ruleset::evaluate_with_budget`](crate::Ruleset::evaluate_with_budget).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchBudget {
    steps: u32,
}

impl Default for SearchBudget {
    /// Returns the effort of one evaluation: 4,000,000 steps, about 100 ms.
    #[inline]
    fn default() -> Self {
        Self { steps: 4_000_000 }
    }
}

impl SearchBudget {
    /// Returns whether a search did not run because the steps were used up. No further search runs then.
    pub fn is_exhausted(self) -> bool {
        self.steps == 0
    }

    /// Takes steps. If too few are left, none are left afterwards: all later searches are refused, too.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.checked_sub(steps));
        self.steps = left.unwrap_or_default();
        self.steps > 0
    }
}

/// The reason why a search returned no result. Its criterion does not match then, negated or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchLimit {
    /// The text is too long for a backtracking pattern.
    TextLength,
    /// The search took more steps than one search may take.
    Steps,
    /// The evaluation used up its steps for all searches together.
    Budget,
    /// The pattern could not be compiled.
    Pattern,
}

impl fmt::Display for SearchLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TextLength => "the text is too long for a backtracking pattern",
            Self::Steps => "the search took too many backtracking steps",
            Self::Budget => "the patterns of one evaluation took too many steps together",
            Self::Pattern => "the pattern cannot be compiled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_does_not_fit_exhausts_the_effort() {
        let mut effort = SearchBudget::default();
        assert!(effort.spend(3_000_000) && !effort.is_exhausted());
        assert!(!effort.spend(3_000_000) && effort.is_exhausted());
        assert!(!effort.spend(1));
        assert!(!SearchBudget::default().spend(usize::MAX));
    }
}
