//! Counts that clients report: evaluations, loggers, and contexts.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{StoreFuture, config_log::KeyRange};

/// Stores the counts that clients report.
pub trait UsageCounts: Send + Sync + 'static {
    /// Adds to the stored counts. Returns the number of dropped entries: those of unknown config keys, those beyond the
    /// [`RowLimits`], and those that cannot be written.
    ///
    /// An environment whose report cannot be written does not affect the others. After an error with the reason
    /// [`OutcomeUnknown`](crate::UnavailableReason::OutcomeUnknown), the counts may be stored; a caller that retries may count
    /// them twice.
    fn record_usage(&self, seen: Vec<UsageBatch>) -> StoreFuture<'_, u64>;

    /// Returns evaluation counts, oldest first.
    fn evaluation_counts(&self, wanted: EvaluationFilter) -> StoreFuture<'_, Vec<EvaluationCount>>;

    /// Returns the time of the last evaluation of each key, in milliseconds since 1970.
    fn last_evaluations(&self, project: ProjectId) -> StoreFuture<'_, Vec<(String, i64)>>;

    /// Returns the evaluation counts of keys per hour, from the hour of `from_millis` on.
    fn hourly_counts(
        &self,
        project: ProjectId,
        keys: KeyRange,
        from_millis: i64,
    ) -> StoreFuture<'_, Vec<HourlyCount>>;

    /// Lists loggers by name.
    fn loggers(&self, project: ProjectId, environment: Option<EnvironmentId>)
    -> StoreFuture<'_, Vec<Logger>>;

    /// Lists the reported context properties by context and name.
    fn properties(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Property>>;

    /// Lists reported example contexts, newest first.
    fn examples(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Example>>;

    /// Deletes a batch of the counts before a time, in milliseconds since 1970. Returns whether there are more.
    fn delete_counts_before(&self, at_millis: i64) -> StoreFuture<'_, bool>;
}

/// The length of an hour in milliseconds, the smallest unit of evaluation counts.
pub const HOUR_MILLIS: i64 = 3_600_000;

/// The highest count that is stored or returned, which is the highest number that JavaScript reads exactly.
pub const MAX_COUNT: i64 = 1 << 53;

/// Adds two counts without going beyond [`MAX_COUNT`].
///
/// ```
/// use prefab_store::{MAX_COUNT, add_counts};
///
/// assert_eq!(add_counts(2, 3), 5);
/// assert_eq!(add_counts(i64::MAX, 3), MAX_COUNT);
/// ```
pub fn add_counts(left: i64, right: i64) -> i64 {
    left.max(0).saturating_add(right.max(0)).min(MAX_COUNT)
}

/// Maximum number of rows that the reports of one environment may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLimits {
    /// Evaluation counts per hour.
    pub evaluations: i64,
    /// Loggers.
    pub loggers: i64,
    /// Properties of contexts. Beyond this number the oldest are deleted.
    pub properties: i64,
    /// Example contexts. Beyond this number the oldest are deleted.
    pub examples: i64,
}

/// Counts that the clients of one environment reported.
#[derive(Clone, Debug)]
pub struct UsageBatch {
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// Whether the reports came with front-end keys, which are public. Such reports may use half of the rows.
    pub is_public: bool,
    /// The row limits of the environment.
    pub limits: RowLimits,
    /// The time of the batch, in milliseconds since 1970.
    pub at_millis: i64,
    /// The evaluations.
    pub evaluations: Vec<ReportedEvaluation>,
    /// Log calls by logger.
    pub loggers: Vec<(String, LevelCounts)>,
    /// Context properties: context, property, number of the value type.
    pub properties: Vec<(String, String, i32)>,
    /// Example contexts in JSON, with their time in milliseconds since 1970.
    pub examples: Vec<(String, i64)>,
}

/// How often a value was returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvaluation {
    /// The config key.
    pub key: String,
    /// The version it came from; 0 if the client did not report it.
    pub config_id: i64,
    /// The value in JSON; empty if it is unknown.
    pub value: String,
    /// The number of evaluations.
    pub count: i64,
}

/// Log calls by level: trace, debug, info, warn, error, fatal.
pub type LevelCounts = [i64; 6];

/// A filter for evaluation counts.
#[derive(Clone, Debug)]
pub struct EvaluationFilter {
    /// The project.
    pub project: ProjectId,
    /// The config key; `None` adds up all keys.
    pub key: Option<String>,
    /// The environment; `None` for all.
    pub environment: Option<EnvironmentId>,
    /// The first hour, as any time in it, in milliseconds since 1970.
    pub from_millis: i64,
    /// The end, exclusive, in milliseconds since 1970.
    pub to_millis: i64,
    /// The length of a bucket, in hours.
    pub hours: i64,
}

/// The evaluation count of one value in one bucket of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationCount {
    /// The environment.
    pub environment: EnvironmentId,
    /// The start of the bucket, in milliseconds since 1970.
    pub at_millis: i64,
    /// The version that the value came from.
    pub config_id: i64,
    /// The value in JSON.
    pub value: String,
    /// The number of evaluations.
    pub count: i64,
}

/// The evaluation count of a key in one hour.
#[derive(Clone, Debug)]
pub struct HourlyCount {
    /// The config key.
    pub key: String,
    /// The start of the hour, in milliseconds since 1970.
    pub at_millis: i64,
    /// The number of evaluations.
    pub count: i64,
}

/// A logger.
#[derive(Clone, Debug)]
pub struct Logger {
    /// The environment.
    pub environment: EnvironmentId,
    /// The name.
    pub name: String,
    /// Log calls by level.
    pub counts: LevelCounts,
    /// The time of the last report, in milliseconds since 1970.
    pub last_at_millis: i64,
}

/// A context property, with one type of value that it had.
#[derive(Clone, Debug)]
pub struct Property {
    /// The environment.
    pub environment: EnvironmentId,
    /// The name of the context.
    pub context: String,
    /// The name of the property.
    pub name: String,
    /// The number of the value type, as in the `ConfigValue` message.
    pub kind: i32,
    /// The time it was last seen, in milliseconds since 1970.
    pub last_at_millis: i64,
}

/// An example of contexts that clients used.
#[derive(Clone, Debug)]
pub struct Example {
    /// The environment.
    pub environment: EnvironmentId,
    /// The time it was last seen, in milliseconds since 1970.
    pub at_millis: i64,
    /// The contexts as a JSON object by context name.
    pub contexts: String,
}
