//! Compiled configs.

use std::{borrow::Cow, sync::Arc};

use prefab_core::{Config, ConfigValue, ContextValue, Criterion, Entry};
use smallvec::SmallVec;

use crate::{
    Finding,
    chain::Chain,
    pattern_budget::Patterns,
    rule::{Check, Rule},
};

/// A compiled config. There are many, so the parts that few configs have are boxed, and the parts that only explanations
/// need are read from the original config.
#[derive(Debug)]
pub(crate) struct CompiledConfig {
    /// The rules in evaluation order: those of the environment's rows, then those of the default rows.
    pub(crate) rules: SmallVec<[Rule; 1]>,
    pub(crate) has_criteria: bool,
    /// Whether the first rule has no criteria and no percentage rollout.
    pub(crate) is_constant: bool,
    /// The cost of entering it as a segment: one, plus one per [`CRITERIA_PER_SEGMENT`] criteria and rules.
    pub(crate) weight: u16,
    /// The number of rows of the environment. They are tried before the default rows.
    pub(crate) own_rows: u32,
    pub(crate) project_env_id: i64,
    pub(crate) cold: Option<Box<ColdPart>>,
    pub(crate) entry: Entry,
}

/// The number of criteria and rules above which a segment counts as several; see [`CompiledConfig::weight`].
const CRITERIA_PER_SEGMENT: usize = 64;

/// Returns the cost of entering rules as a segment.
pub(crate) fn weight(rules: &[Rule]) -> u16 {
    let criteria: usize = rules.iter().map(|rule| 1 + rule.conditions().len()).sum();
    u16::try_from(1 + criteria / CRITERIA_PER_SEGMENT).unwrap_or(u16::MAX)
}

/// The parts that few configs have, boxed to keep the other configs small.
#[derive(Debug)]
pub(crate) struct ColdPart {
    pub(crate) chains: Box<[Chain]>,
    pub(crate) findings: Box<[Finding]>,
    pub(crate) patterns: Patterns,
}

impl CompiledConfig {
    #[inline]
    pub(crate) fn chains(&self) -> &[Chain] {
        self.cold.as_ref().map_or(&[], |cold| &cold.chains)
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        self.cold.as_ref().map_or(&[], |cold| &cold.findings)
    }

    /// Returns the patterns, compiled or refused, if the config has any.
    pub(crate) fn patterns(&self) -> Option<&Patterns> {
        self.cold.as_ref().map(|cold| &cold.patterns).filter(|patterns| !patterns.is_empty())
    }

    /// Returns a finding for the first criterion with a search that reached a limit.
    pub(crate) fn search_finding(&self) -> Option<Finding> {
        let original = OriginalConfig::of(self);
        self.rules.iter().find_map(|rule| {
            let mut conditions = rule.conditions().iter().enumerate();
            let (at, limit) = conditions.find_map(|(at, condition)| match &condition.check {
                Check::Search(search) => Some((at, search.limit_reached()?)),
                _ => None,
            })?;
            let row = original.rows.get(rule.row as usize)?;
            let place = format!("rows[{row}].values[{}].criteria[{at}]", rule.index);
            Some(Finding::new(self.entry.key(), place, format!("{limit}; the criterion then does not match")))
        })
    }

    /// Returns the environment of a row, by index in evaluation order. `None` for a default row.
    pub(crate) fn environment_of(&self, row: u32) -> Option<i64> {
        (row < self.own_rows).then_some(self.project_env_id)
    }
}

/// Returns the rows in evaluation order, those of the environment first, each with its index in the config.
pub(crate) fn tried_rows<R>(
    rows: &[R],
    environment: impl Fn(&R) -> Option<i64> + Copy,
    project_env_id: i64,
) -> impl Iterator<Item = (usize, &R)> {
    // Environment 0 means no environment.
    let environment = move |row: &R| environment(row).filter(|id| *id != 0);
    let own = move |(_, row): &(usize, &R)| environment(row).is_some_and(|id| id == project_env_id);
    let all = || rows.iter().enumerate();
    all().filter(own).chain(all().filter(move |(_, row)| environment(row).is_none()))
}

/// The original config, for explanations and findings.
pub(crate) struct OriginalConfig<'c> {
    config: Cow<'c, Config>,
    /// The indexes of the rows in evaluation order.
    rows: Vec<usize>,
}

impl<'c> OriginalConfig<'c> {
    pub(crate) fn of(config: &'c CompiledConfig) -> Self {
        let original = config.entry.config();
        let rows = tried_rows(&original.rows, |row| row.project_env_id, config.project_env_id)
            .map(|(place, _)| place)
            .collect();
        Self { config: original, rows }
    }

    /// Returns the number of rows that an evaluation can try.
    pub(crate) fn rows(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    /// Returns the value of a rule.
    pub(crate) fn value(&self, row: u32, rule: u32) -> Option<&ConfigValue> {
        let row = self.config.rows.get(*self.rows.get(row as usize)?)?;
        row.values.get(rule as usize)?.value.as_ref()
    }

    pub(crate) fn criterion(&self, rule: &Rule, at: usize) -> Option<&Criterion> {
        let row = self.config.rows.get(*self.rows.get(rule.row as usize)?)?;
        row.values.get(rule.index as usize)?.criteria.get(at)
    }
}

/// The namespace of a client, shared between conditions.
pub(crate) type Namespace = Option<Arc<ContextValue>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compiled_value::CompiledValue, rule::Condition};

    #[test]
    fn frequent_types_stay_small() {
        let sizes = [
            ("condition", size_of::<Condition>()),
            ("compiled", size_of::<CompiledValue>()),
            ("rule", size_of::<Rule>()),
            ("config", size_of::<CompiledConfig>()),
        ];
        assert_eq!(sizes, [("condition", 40), ("compiled", 32), ("rule", 56), ("config", 96)]);
    }
}
