//! What came together between two drains.

use std::collections::BTreeMap;

use prefab_core::{ConfigType, ContextSet, LogLevel, Value};
use prefab_eval::Reason;

/// Everything that was recorded between two drains.
///
/// Its wire form is [`to_wire`](Self::to_wire).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// When the drain before was, in milliseconds since 1970.
    pub start_at_millis: i64,
    /// When this drain was, in milliseconds since 1970.
    pub end_at_millis: i64,
    /// Evaluations, by key.
    pub summaries: Vec<EvaluationSummary>,
    /// Contexts that evaluations were made for.
    pub example_contexts: Vec<ExampleContext>,
    /// The properties of contexts, by the context's name.
    pub context_shapes: Vec<ContextShape>,
    /// Log calls, by logger.
    pub loggers: Vec<LoggerLineCounts>,
    /// What found no capacity.
    pub dropped: u64,
}

impl Report {
    /// Tells whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.entries() == 0 && self.dropped == 0
    }

    /// Tells how many entries there are: what is lost when the report is.
    pub fn entries(&self) -> usize {
        let counters: usize = self.summaries.iter().map(|summary| summary.counts.len()).sum();
        counters + self.example_contexts.len() + self.context_shapes.len() + self.loggers.len()
    }
}

/// How often each answer of one key was given.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationSummary {
    /// The key.
    pub key: String,
    /// What it is used for.
    pub config_type: ConfigType,
    /// The answers.
    pub counts: Vec<EvaluationCount>,
}

/// How often one answer was given.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationCount {
    /// How often.
    pub count: u64,
    /// The id of the config that answered; 0 for one from a file.
    pub config_id: i64,
    /// The row, from 0.
    pub config_row_index: u32,
    /// The rule within its row, from 0.
    pub conditional_value_index: u32,
    /// The choice among weighted values, from 0.
    pub weighted_value_index: Option<u32>,
    /// The value's place among the allowable ones.
    pub selected_index: Option<u32>,
    /// The value, redacted where it is confidential; absent where it is too long to send.
    pub selected_value: Option<Value>,
    /// Why this answer.
    pub reason: Reason,
}

/// Contexts as they were met.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleContext {
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// The contexts, merged.
    pub contexts: ContextSet,
}

/// The properties of the contexts of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextShape {
    /// The contexts' name.
    pub name: String,
    /// Each property's kind: 1 int, 2 string, 4 double, 5 bool, 10 list of strings.
    pub properties: BTreeMap<String, i32>,
}

/// How many log calls a logger saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggerLineCounts {
    /// The logger's path: `my_app.db`.
    pub name: String,
    pub(crate) counts: [u64; LEVELS],
}

/// `Trace` to `Fatal`.
pub(crate) const LEVELS: usize = 6;

impl LoggerLineCounts {
    /// Returns how many calls there were at `level`.
    pub fn count(&self, level: LogLevel) -> u64 {
        place(level).map_or(0, |place| self.counts[place])
    }
}

/// A level's place in an array of counts; `NotSet` is the level of no line.
#[inline]
pub(crate) fn place(level: LogLevel) -> Option<usize> {
    match level {
        LogLevel::NotSet => None,
        LogLevel::Trace => Some(0),
        LogLevel::Debug => Some(1),
        LogLevel::Info => Some(2),
        LogLevel::Warn => Some(3),
        LogLevel::Error => Some(4),
        LogLevel::Fatal => Some(5),
    }
}
