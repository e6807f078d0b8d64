//! The report of the counts between two drains.

use std::collections::BTreeMap;

use prefab_core::{ConfigType, ContextSet, LogLevel, Value};
use prefab_eval::Reason;

/// Everything that was counted between two drains.
///
/// [`to_wire`](Self::to_wire) converts it to the message for a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The time of the previous drain, in milliseconds since 1970.
    pub start_at_millis: i64,
    /// The time of this drain, in milliseconds since 1970.
    pub end_at_millis: i64,
    /// Evaluation counts, by config key.
    pub summaries: Vec<EvaluationSummary>,
    /// Examples of contexts that were used in evaluations.
    pub example_contexts: Vec<ExampleContext>,
    /// The properties of contexts, by context name.
    pub context_shapes: Vec<ContextShape>,
    /// Counts of log lines, by logger.
    pub loggers: Vec<LoggerLineCounts>,
    /// The number of entries beyond a limit.
    pub dropped: u64,
}

impl Report {
    /// Returns whether the report is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(prefab_telemetry::Report::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries() == 0 && self.dropped == 0
    }

    /// Returns the number of entries.
    pub fn entries(&self) -> usize {
        let counters: usize = self.summaries.iter().map(|summary| summary.counts.len()).sum();
        counters + self.example_contexts.len() + self.context_shapes.len() + self.loggers.len()
    }
}

/// The evaluation counts of one config key.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationSummary {
    /// The config key.
    pub key: String,
    /// The type of the config.
    pub config_type: ConfigType,
    /// One count for each result.
    pub counts: Vec<EvaluationCount>,
}

/// How often one result was returned.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationCount {
    /// The number of evaluations.
    pub count: u64,
    /// The id of the config; 0 for one from a file.
    pub config_id: i64,
    /// The index of the row.
    pub config_row_index: u32,
    /// The index of the rule within its row.
    pub conditional_value_index: u32,
    /// The index of the weighted value, if the rule has them.
    pub weighted_value_index: Option<u32>,
    /// The index of the value among the allowable ones.
    pub selected_index: Option<u32>,
    /// The value, redacted if it is confidential; `None` if it is too long.
    pub selected_value: Option<Value>,
    /// Why this value was returned.
    pub reason: Reason,
}

/// Contexts of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleContext {
    /// The time, in milliseconds since 1970.
    pub at_millis: i64,
    /// The contexts of all levels, merged.
    pub contexts: ContextSet,
}

/// The properties of the contexts with one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextShape {
    /// The name of the contexts.
    pub name: String,
    /// The kind of each property: 1 int, 2 string, 4 double, 5 bool, 10 list of strings.
    pub properties: BTreeMap<String, i32>,
}

/// The counts of log lines of one logger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggerLineCounts {
    /// The logger's path: `my_app.db`.
    pub name: String,
    pub(crate) counts: [u64; LEVELS],
}

/// The number of levels, `Trace` to `Fatal`.
pub(crate) const LEVELS: usize = 6;

impl LoggerLineCounts {
    /// Returns the number of lines at `level`.
    pub fn count(&self, level: LogLevel) -> u64 {
        place(level).map_or(0, |place| self.counts[place])
    }
}

/// Returns the index of a level; no line has the level `NotSet`.
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
