//! The door to everything that is counted.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use prefab_core::{ContextSet, LogLevel};
use prefab_eval::{Evaluation, Selection};

use crate::{
    ContextUploadMode, Options, Report, ThreadCounters, bounds::DropCount, contexts::Contexts,
    evaluations::Evaluations, loggers::Loggers,
};

/// Counts what a client does until it is drained.
///
/// Threads record side by side: each has its own counters of evaluations, and a shard of the loggers' nearly
/// to itself. What a thread has met before waits for no drain, save a logger for its own shard. Memory is bounded by [`Limits`](crate::Limits); what finds no capacity
/// is dropped, and the drops are part of the next report.
pub struct Telemetry {
    options: Options,
    /// Whether evaluations are counted, and whole contexts taken in: what is collected where nobody says otherwise.
    collects_all: bool,
    evaluations: Evaluations,
    contexts: Contexts,
    loggers: Loggers,
    drops: DropCount,
    drained_at_millis: AtomicI64,
}

impl Telemetry {
    /// Returns counters at zero. The first report begins now.
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

    /// Returns what is collected.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Counts an answer.
    ///
    /// Answers of log levels and of segments are not counted. Of a confidential value only the redacted form
    /// is kept.
    #[inline]
    pub fn count_evaluation(&self, evaluation: &Evaluation<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.record(evaluation, &self.drops);
        }
    }

    /// Counts an answer as [`count_evaluation`](Self::count_evaluation) does, in a counters of the caller's.
    #[inline]
    pub fn count_evaluation_in(&self, counters: &mut ThreadCounters, evaluation: &Evaluation<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.record_in(counters, evaluation, &self.drops);
        }
    }

    /// Counts an answer whose value [stands in the ruleset](Selection::stands); others are not counted.
    #[inline]
    pub fn count_selection_in(&self, counters: &mut ThreadCounters, selection: &Selection<'_>) {
        if self.options.collect_evaluation_summaries {
            self.evaluations.count_selection(counters, selection, &self.drops);
        }
    }

    /// Counts an answer whose value stands in the ruleset, given to these contexts and none besides, where both are
    /// at hand; tells whether they are. Where not, nothing is counted, and the caller records both.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub fn count_known(
        &self,
        counters: &ThreadCounters,
        selection: &Selection<'_>,
        contexts: &ContextSet,
    ) -> bool {
        self.collects_all
            && self.contexts.knows(contexts)
            && self.evaluations.count_known(counters, selection)
    }

    /// Takes in the contexts of an evaluation, whether it found anything or not: levels of contexts, the
    /// strongest first, of which the stronger hide the weaker by name.
    ///
    /// The time, in milliseconds since 1970, is asked for only when they are new.
    #[inline]
    pub fn record_contexts(&self, levels: &[&ContextSet], now_millis: impl FnOnce() -> i64) {
        self.contexts.record(levels, now_millis, &self.drops);
    }

    /// Counts a log call, whether a line came of it or not. The level `NotSet` is no line's.
    #[inline]
    pub fn count_line(&self, logger: &str, level: LogLevel) {
        self.count_lines(logger, level, 1);
    }

    /// Counts several log calls at once.
    #[inline]
    pub fn count_lines(&self, logger: &str, level: LogLevel, calls: u64) {
        if self.options.collect_loggers {
            self.loggers.record(logger, level, calls, &self.drops);
        }
    }

    /// Counts what was lost elsewhere, such as a report that no server took.
    pub fn count_dropped(&self, drops: u64) {
        self.drops.add(drops);
    }

    /// Takes out everything that was recorded since the last time; counting goes on from zero.
    pub fn drain(&self, now_millis: i64) -> Report {
        let (context_shapes, example_contexts) = self.contexts.drain(now_millis);
        Report {
            start_at_millis: self.drained_at_millis.swap(now_millis, Ordering::Relaxed),
            end_at_millis: now_millis,
            summaries: self.evaluations.drain(),
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
