//! Configs as machines read them.

use std::{borrow::Cow, sync::Arc};

use prefab_core::{Config, ContextValue, Criterion, Entry};
use smallvec::SmallVec;

use crate::{
    Finding,
    chain::Chain,
    pattern_budget::Patterns,
    rule::{Check, Rule},
};

/// A config made ready. There are many, so what few have stands aside, and what is only told in words is read
/// from the config when somebody asks.
#[derive(Debug)]
pub(crate) struct CompiledConfig {
    /// The rules of the environment's rows, then those of the default ones: the order in which they are tried.
    pub(crate) rules: SmallVec<[Rule; 1]>,
    pub(crate) has_criteria: bool,
    /// Whether the first rule holds for everybody and says the answer itself.
    pub(crate) is_constant: bool,
    /// What entering it as a segment counts: one more for every [`CRITERIA_PER_SEGMENT`] criteria and rules.
    pub(crate) weight: u16,
    /// How many of the rows that are tried are the environment's.
    pub(crate) own_rows: u32,
    pub(crate) project_env_id: i64,
    pub(crate) rare: Option<Box<ColdPart>>,
    pub(crate) entry: Entry,
}

/// A segment with more criteria and rules counts as several, see [`CompiledConfig::weight`].
const CRITERIA_PER_SEGMENT: usize = 64;

/// Returns what entering rules as a segment counts.
pub(crate) fn weight(rules: &[Rule]) -> u16 {
    let criteria: usize = rules.iter().map(|rule| 1 + rule.conditions().len()).sum();
    u16::try_from(1 + criteria / CRITERIA_PER_SEGMENT).unwrap_or(u16::MAX)
}

/// What few configs have.
#[derive(Debug)]
pub(crate) struct ColdPart {
    pub(crate) chains: Box<[Chain]>,
    pub(crate) findings: Box<[Finding]>,
    pub(crate) patterns: Patterns,
}

impl CompiledConfig {
    #[inline]
    pub(crate) fn chains(&self) -> &[Chain] {
        self.rare.as_ref().map_or(&[], |rare| &rare.chains)
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        self.rare.as_ref().map_or(&[], |rare| &rare.findings)
    }

    /// Returns the patterns, if there are any, compiled or refused.
    pub(crate) fn patterns(&self) -> Option<&Patterns> {
        self.rare.as_ref().map(|rare| &rare.patterns).filter(|patterns| !patterns.is_empty())
    }

    /// Finds the first criterion whose pattern a search gave up on.
    pub(crate) fn search_finding(&self) -> Option<Finding> {
        let written = Written::of(self);
        self.rules.iter().find_map(|rule| {
            let mut conditions = rule.conditions().iter().enumerate();
            let (at, limit) = conditions.find_map(|(at, condition)| match &condition.check {
                Check::Search(search) => Some((at, search.limit_met()?)),
                _ => None,
            })?;
            let row = written.rows.get(rule.row as usize)?;
            let place = format!("rows[{row}].values[{}].criteria[{at}]", rule.index);
            Some(Finding::new(self.entry.key(), place, format!("{limit}; the criterion does not match then")))
        })
    }

    /// Returns the environment of a row, in the order in which they are tried; absent for a default one.
    pub(crate) fn environment_of(&self, row: u32) -> Option<i64> {
        (row < self.own_rows).then_some(self.project_env_id)
    }
}

/// Lists the rows that are tried: the environment's, then the default ones, each with its place in the config.
pub(crate) fn tried_rows<R>(
    rows: &[R],
    environment: impl Fn(&R) -> Option<i64> + Copy,
    project_env_id: i64,
) -> impl Iterator<Item = (usize, &R)> {
    // 0 is none.
    let environment = move |row: &R| environment(row).filter(|id| *id != 0);
    let own = move |(_, row): &(usize, &R)| environment(row).is_some_and(|id| id == project_env_id);
    let all = || rows.iter().enumerate();
    all().filter(own).chain(all().filter(move |(_, row)| environment(row).is_none()))
}

/// A config in the words it was written in.
pub(crate) struct Written<'c> {
    config: Cow<'c, Config>,
    /// The places of the rows that are tried.
    rows: Vec<usize>,
}

impl<'c> Written<'c> {
    pub(crate) fn of(config: &'c CompiledConfig) -> Self {
        let written = config.entry.config();
        let rows = tried_rows(&written.rows, |row| row.project_env_id, config.project_env_id)
            .map(|(place, _)| place)
            .collect();
        Self { config: written, rows }
    }

    /// Tells how many rows are tried.
    pub(crate) fn rows(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn criterion(&self, rule: &Rule, at: usize) -> Option<&Criterion> {
        let row = self.config.rows.get(*self.rows.get(rule.row as usize)?)?;
        row.values.get(rule.index as usize)?.criteria.get(at)
    }
}

/// A client's namespace, shared by all that ask for it.
pub(crate) type Namespace = Option<Arc<ContextValue>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compiled_value::CompiledValue, rule::Condition};

    #[test]
    fn what_there_are_many_of_stays_small() {
        let sizes = [
            ("condition", size_of::<Condition>()),
            ("answer", size_of::<CompiledValue>()),
            ("rule", size_of::<Rule>()),
            ("config", size_of::<CompiledConfig>()),
        ];
        assert_eq!(sizes, [("condition", 40), ("answer", 32), ("rule", 56), ("config", 96)]);
    }
}
