//! The collector of all counts.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use prefab_core::{ContextSet, LogLevel};
use prefab_eval::{Evaluation, SelectedRule};

use crate::{
    ContextUploadMode, Options, Report, ThreadCounters, bounds::DropCount, contexts::Contexts,
    evaluations::Evaluations, loggers::Loggers,
};

/// Counts evaluations, contexts and log lines until they are drained.
///
/// Threads count without contention: each has its own counters of evaluations, and mostly its own shard of loggers.
/// Counting a known entry never waits for a drain, except for a logger in the same shard. Memory is limited by
/// [`Limits`](crate::Limits). Entries beyond a limit are dropped, and the next report contains their number.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// use prefab_telemetry::{Options, Telemetry};
///
/// let telemetry = Telemetry::new(Options::default(), 1_000);
/// telemetry.count_line("my_app.db", LogLevel::Warn);
/// let report = telemetry.drain(2_000);
/// assert_eq!(report.loggers[0].count(LogLevel::Warn), 1);
/// ```
pub struct Telemetry {
    options: Options,
    /// Whether evaluations are counted and contexts reported as examples, which is the default.
    collects_all: bool,
    evaluations: Evaluations,
    contexts: Contexts,
    loggers: Loggers,
    drops: DropCount,
    drained_at_millis: AtomicI64,
}

impl Telemetry {
    /// Returns counters at zero. The first report starts at `now_millis`.
    pub fn new(options: Options, now_millis: i64) -> Self {
        let limits = &options.limits;
        Self {
            evaluations: Evaluations::new(limits.evaluations),
            contexts: Contexts::new(options.context_upload_mode, limits),
            loggers: Loggers::new(limits.loggers),
            drops: DropCount::default(),
            drained_at_millis: AtomicI64::new(now_millis),
            collects_all: options.collect_evaluation_summaries
                && options.context_upload_mode == ContextUploadMode::PeriodicExample,
            options,
        }
    }

    /// Returns the options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Counts an evaluation.
    ///
    /// Evaluations of log levels and segments are not counted. Of a confidential value, only the redacted form is kept.
    #[inline]
    pub fn count_evaluation(&self, evaluation: &Evaluation<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.record(evaluation, &self.drops);
        }
    }

    /// Counts an evaluation like [`count_evaluation`](Self::count_evaluation), in counters of the caller.
    #[inline]
    pub fn count_evaluation_in(&self, counters: &mut ThreadCounters, evaluation: &Evaluation<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.record_in(counters, evaluation, &self.drops);
        }
    }

    /// Counts one evaluation of a config that is in use without being evaluated: a live handle or a log filter reads it when it
    /// changes. Unlike [`count_evaluation`](Self::count_evaluation), it counts log levels, too.
    pub fn count_in_use(&self, evaluation: &Evaluation<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.record_in_use(evaluation, &self.drops);
        }
    }

    /// Counts an evaluation whose value is precomputed in the ruleset. Others are not counted.
    #[inline]
    pub fn count_selection_in(&self, counters: &mut ThreadCounters, selection: &SelectedRule<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.count_selection(counters, selection, &self.drops);
        }
    }

    /// Counts an evaluation with these contexts and no others, if its value is precomputed and both are known.
    ///
    /// Returns `false` if it was not counted: then the caller counts both separately.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub fn count_known(
        &self,
        counters: &ThreadCounters,
        selection: &SelectedRule<'_>,
        contexts: &ContextSet,
    ) -> bool {
        self.collects_all
            && self.contexts.knows(contexts)
            && self.evaluations.count_known(counters, selection)
    }

    /// Records the contexts of an evaluation with any result: levels of contexts, the most specific first. A context hides
    /// those of the same name in later levels.
    ///
    /// `now_millis` returns the time in milliseconds since 1970; it is called only for new contexts.
    #[inline]
    pub fn record_contexts(&self, levels: &[&ContextSet], now_millis: impl FnOnce() -> i64) {
        self.contexts.record(levels, now_millis, &self.drops);
    }

    /// Counts a log line. The level `NotSet` is not counted.
    #[inline]
    pub fn count_line(&self, logger: &str, level: LogLevel) {
        self.count_lines(logger, level, 1);
    }

    /// Counts several log lines.
    #[inline]
    pub fn count_lines(&self, logger: &str, level: LogLevel, calls: u64) {
        if self.options.collect_loggers {
            self.loggers.record(logger, level, calls, &self.drops);
        }
    }

    /// Adds to the number of dropped entries, for example those of a discarded report.
    pub fn count_dropped(&self, drops: u64) {
        self.drops.add(drops);
    }

    /// Returns everything counted since the last drain, and resets all counters.
    pub fn drain(&self, now_millis: i64) -> Report {
        self.drain_and_visit(now_millis, |_| ())
    }

    /// Returns the same as [`drain`](Self::drain), and passes the config key of every counted evaluation to `evaluated`.
    ///
    /// Keys that were only counted by [`count_in_use`](Self::count_in_use) are not passed. A key may be passed several times.
    pub fn drain_and_visit(&self, now_millis: i64, evaluated: impl FnMut(&str)) -> Report {
        let (context_shapes, example_contexts) = self.contexts.drain(now_millis);
        Report {
            start_at_millis: self.drained_at_millis.swap(now_millis, Ordering::Relaxed),
            end_at_millis: now_millis,
            summaries: self.evaluations.drain(evaluated),
            example_contexts,
            context_shapes,
            loggers: self.loggers.drain(),
            dropped: self.drops.take(),
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("options", &self.options).finish_non_exhaustive()
    }
}
