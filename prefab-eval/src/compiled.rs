//! Configs as machines read them.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prefab_core::{
    Config, ConfigValue, ContextValue, Criterion, Entry, IntRange, LimitDefinition, LogLevel, Operator,
    Schema, Value, ValueType, parse_duration,
};
use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::{
    EvalError, Finding,
    chain::Chain,
    operators::{Pattern, Test},
    pattern_budget::Patterns,
    property::Property,
    search::Search,
    weighted::Weighted,
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
    pub(crate) rare: Option<Box<Rare>>,
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
pub(crate) struct Rare {
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

#[derive(Debug)]
pub(crate) struct Rule {
    /// What must hold, shared with other rules of which the same must; absent where nothing must.
    conditions: Option<Arc<[Condition]>>,
    pub(crate) answer: Answer,
    /// The row, in the order in which they are tried.
    pub(crate) row: u32,
    /// The place in its row.
    pub(crate) index: u32,
}

impl Rule {
    pub(crate) fn new(conditions: Option<Arc<[Condition]>>, answer: Answer, row: u32, index: u32) -> Self {
        Self { conditions, answer, row, index }
    }

    #[inline]
    pub(crate) fn conditions(&self) -> &[Condition] {
        self.conditions.as_deref().unwrap_or_default()
    }

    /// Returns the namespace that the rule asks the client's to be in.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.conditions().iter().find_map(|condition| match condition {
            Condition {
                property: Property::Namespace(_),
                check: Check::Test(Test::Hierarchical { prefix, .. }),
            } => Some(&**prefix),
            _ => None,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) property: Property,
    pub(crate) check: Check,
}

#[derive(Debug)]
pub(crate) enum Check {
    Test(Test),
    /// A pattern without a state table.
    Search(Box<Search>),
    Segment {
        slot: u32,
        negated: bool,
    },
    /// The right side stands in an environment variable, so it is prepared at each evaluation.
    Provided(Box<ProvidedSide>),
}

impl Check {
    pub(crate) fn of_pattern(pattern: Arc<Pattern>, negated: bool) -> Self {
        if pattern.is_table() {
            Self::Test(Test::Matches { pattern, negated })
        } else {
            Self::Search(Box::new(Search::new(pattern, negated)))
        }
    }
}

#[derive(Debug)]
pub(crate) struct ProvidedSide {
    pub(crate) operator: Operator,
    pub(crate) variable: Box<str>,
    pub(crate) by_segment: bool,
}

/// A value and whether it is secret.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    /// Twice a number that no other answer of the process has; odd for a secret.
    mark: u64,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Int(i64),
    Double(f64),
    Bool(bool),
    String(Box<str>),
    StringList(Box<[String]>),
    LogLevel(LogLevel),
    Duration(Duration),
    Json(Box<Json>),
    Bytes(Box<[u8]>),
    IntRange(Box<IntRange>),
    LimitDefinition(Box<LimitDefinition>),
    Schema(Box<Schema>),
    Weighted(Box<Weighted>),
    Provided {
        variable: Box<str>,
        wanted: ValueType,
    },
    Encrypted(Box<Encrypted>),
    /// A value that can never be handed out, and why.
    Invalid(Box<EvalError>),
}

#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) stored: Box<str>,
    pub(crate) slot: u32,
    pub(crate) decrypt_with: Box<str>,
}

impl Kind {
    /// Tells whether the value stands here, the same for every evaluation.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        !matches!(self, Self::Weighted(_) | Self::Provided { .. } | Self::Encrypted(_) | Self::Invalid(_))
    }
}

/// Numbers the answers, by twos. Only their being different counts.
static NEXT_MARK: AtomicU64 = AtomicU64::new(2);

impl Answer {
    pub(crate) fn new(kind: Kind, secret: bool) -> Self {
        Self { kind, mark: NEXT_MARK.fetch_add(2, Ordering::Relaxed) | u64::from(secret) }
    }

    /// Returns a number that no other answer of the process has, from 1 on, one after the other.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.mark >> 1
    }

    #[inline]
    pub(crate) fn is_secret(&self) -> bool {
        self.mark & 1 == 1
    }

    /// Tells whether this is the prepared form of `value`, for the kinds that variants have.
    pub(crate) fn is_same(&self, value: &ConfigValue) -> bool {
        match (&self.kind, &value.value) {
            (Kind::Int(left), Value::Int(right)) => left == right,
            (Kind::Double(left), Value::Double(right)) => left.to_bits() == right.to_bits(),
            (Kind::Bool(left), Value::Bool(right)) => left == right,
            (Kind::String(left), Value::String(right)) => **left == **right,
            (Kind::StringList(left), Value::StringList(right)) => **left == **right,
            (Kind::LogLevel(left), Value::LogLevel(right)) => left == right,
            (Kind::Duration(left), Value::Duration(right)) => parse_duration(right).as_ref() == Ok(left),
            (Kind::Json(left), Value::Json(right)) => {
                serde_json::from_str::<Json>(right).is_ok_and(|right| **left == right)
            }
            _ => false,
        }
    }
}

/// A client's namespace, shared by all that ask for it.
pub(crate) type Namespace = Option<Arc<ContextValue>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_are_many_of_stays_small() {
        let sizes = [
            ("condition", size_of::<Condition>()),
            ("answer", size_of::<Answer>()),
            ("rule", size_of::<Rule>()),
            ("config", size_of::<CompiledConfig>()),
        ];
        assert_eq!(sizes, [("condition", 40), ("answer", 32), ("rule", 56), ("config", 96)]);
    }
}
