//! Counts that clients report: evaluations, loggers, and contexts.

use prefab_core::ids::{EnvironmentId, ProjectId};

use crate::{StoreFuture, config_log::KeyRange};

/// Stores the counts that clients report.
pub trait UsageCounts: Send + Sync + 'static {
    /// Adds to the stored counts and returns how many entries were dropped: those of config keys that the project
    /// does not have, those beyond the [`RowLimits`], and those that cannot be written.
    ///
    /// An environment whose report cannot be written does not affect the others.
    fn record_usage(&self, seen: Vec<UsageBatch>) -> StoreFuture<'_, u64>;

    /// Counts evaluations, oldest first.
    fn evaluation_counts(&self, wanted: EvaluationFilter) -> StoreFuture<'_, Vec<EvaluationCount>>;

    /// Tells when keys were evaluated last.
    fn last_evaluations(&self, project: ProjectId) -> StoreFuture<'_, Vec<(String, i64)>>;

    /// Counts the evaluations of keys by the hour, from an hour on.
    fn hourly_counts(
        &self,
        project: ProjectId,
        keys: KeyRange,
        from_millis: i64,
    ) -> StoreFuture<'_, Vec<HourlyCount>>;

    /// Lists loggers by name.
    fn loggers(&self, project: ProjectId, environment: Option<EnvironmentId>)
    -> StoreFuture<'_, Vec<Logger>>;

    /// Lists the properties that contexts had, by context and name.
    fn properties(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Property>>;

    /// Lists contexts that were met, newest first.
    fn examples(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Example>>;

    /// Deletes some of what was counted before a moment; returns whether there is more to delete.
    fn delete_counts_before(&self, at_millis: i64) -> StoreFuture<'_, bool>;
}

/// Length of the hours that evaluations are counted by.
pub const HOUR_MILLIS: i64 = 3_600_000;

/// The highest count that is stored or returned: the highest that JavaScript reads exactly.
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

/// What the clients of one environment reported.
#[derive(Clone, Debug)]
pub struct UsageBatch {
    /// Their project.
    pub project: ProjectId,
    /// Their environment.
    pub environment: EnvironmentId,
    /// Whether they came with front-end keys, which are public. Such reports get half of the rows.
    pub is_public: bool,
    /// How many rows the environment may have.
    pub limits: RowLimits,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// How often which value was handed out.
    pub evaluations: Vec<ReportedEvaluation>,
    /// Which loggers wrote how much.
    pub loggers: Vec<(String, LevelCounts)>,
    /// The properties that contexts had.
    pub properties: Vec<(String, String, i32)>,
    /// Contexts in JSON, and when they were met.
    pub examples: Vec<(String, i64)>,
}

/// How often a value was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvaluation {
    /// The key.
    pub key: String,
    /// The version it came from; 0 where the client did not say.
    pub config_id: i64,
    /// The value in JSON; empty where it is not known.
    pub value: String,
    /// How often.
    pub count: i64,
}

/// Log calls by level: trace, debug, info, warn, error, fatal.
pub type LevelCounts = [i64; 6];

/// Which evaluations are wanted.
#[derive(Clone, Debug)]
pub struct EvaluationFilter {
    /// Of this project.
    pub project: ProjectId,
    /// Of this key; of all keys together without.
    pub key: Option<String>,
    /// In this environment.
    pub environment: Option<EnvironmentId>,
    /// Not before the hour of this moment.
    pub from_millis: i64,
    /// Before this moment.
    pub to_millis: i64,
    /// The length of the buckets they are counted by, in hours.
    pub hours: i64,
}

/// Evaluations of one value in one bucket of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationCount {
    /// The environment.
    pub environment: EnvironmentId,
    /// When the bucket begins, in milliseconds since 1970.
    pub at_millis: i64,
    /// The version it came from.
    pub config_id: i64,
    /// The value in JSON.
    pub value: String,
    /// How often.
    pub count: i64,
}

/// The evaluations of a key in an hour.
#[derive(Clone, Debug)]
pub struct HourlyCount {
    /// The key.
    pub key: String,
    /// When the hour begins, in milliseconds since 1970.
    pub at_millis: i64,
    /// How often.
    pub count: i64,
}

/// A logger.
#[derive(Clone, Debug)]
pub struct Logger {
    /// Its environment.
    pub environment: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Its calls by level.
    pub counts: LevelCounts,
    /// When it was reported last, in milliseconds since 1970.
    pub last_at_millis: i64,
}

/// A property of a context, with one kind of value that it had.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its environment.
    pub environment: EnvironmentId,
    /// The context's name.
    pub context: String,
    /// Its own name.
    pub name: String,
    /// The number of the kind, as in `ConfigValue`.
    pub kind: i32,
    /// When it was met last, in milliseconds since 1970.
    pub last_at_millis: i64,
}

/// Contexts that were met.
#[derive(Clone, Debug)]
pub struct Example {
    /// Their environment.
    pub environment: EnvironmentId,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// In JSON, by name.
    pub contexts: String,
}
