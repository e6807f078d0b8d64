//! Counts evaluations, contexts and log lines, and reports them to the server.

mod in_use;
mod parts;
mod reporter;
mod view;

use std::collections::HashSet;
#[cfg(feature = "log")]
use std::sync::Arc;

use prefab_eval::{Contexts, Evaluation, Host as _, Ruleset, SelectedRule};
#[cfg(feature = "log")]
use prefab_log::{LineCounts, LogFilter};
use prefab_telemetry::{Options, Report, Telemetry, ThreadCounters};

use crate::host::SystemHost;

use in_use::InUse;
pub(crate) use reporter::Reporter;

/// Counts evaluations, contexts and log lines.
pub(crate) struct Recorder {
    telemetry: Telemetry,
    in_use: InUse,
    #[cfg(feature = "log")]
    lines: Arc<LineCounts>,
}

impl Recorder {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            telemetry: Telemetry::new(options, SystemHost.now_millis()),
            in_use: InUse::default(),
            #[cfg(feature = "log")]
            lines: Arc::default(),
        }
    }

    /// Counts an evaluation and records its contexts.
    #[inline]
    pub(crate) fn record(
        &self,
        counters: &mut ThreadCounters,
        rules: &Ruleset,
        contexts: &Contexts<'_>,
        answer: Option<&Evaluation<'_>>,
    ) {
        self.record_contexts(rules, contexts);
        if let Some(answer) = answer {
            self.telemetry.count_evaluation_in(counters, answer);
        }
    }

    /// Counts an evaluation whose value has not been computed, and records its contexts.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn count_selection(
        &self,
        counters: &mut ThreadCounters,
        rules: &Ruleset,
        contexts: &Contexts<'_>,
        selection: Option<&SelectedRule<'_>>,
    ) {
        self.record_contexts(rules, contexts);
        if let Some(selection) = selection {
            self.telemetry.count_selection_in(counters, selection);
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    fn record_contexts(&self, rules: &Ruleset, contexts: &Contexts<'_>) {
        let Contexts { call, bound, scope, global } = *contexts;
        let levels = [call, bound, scope, rules.default_context(), global];
        self.telemetry.record_contexts(&levels, || SystemHost.now_millis());
    }

    /// Counts the lines that pass a filter.
    ///
    /// Several filters of one client see the same lines, so only the first one counts.
    #[cfg(feature = "log")]
    pub(crate) fn count_lines_of(&self, filter: &LogFilter) {
        if self.telemetry.options().collect_loggers && Arc::strong_count(&self.lines) == 1 {
            filter.count_into(Arc::clone(&self.lines));
        }
    }

    /// Records that a log filter reads a config key.
    #[cfg(feature = "log")]
    pub(crate) fn record_log_key(&self, key: String) {
        self.in_use.record_log_key(key);
    }

    /// Returns everything that was counted since the last drain.
    fn drain(&self) -> Report {
        #[cfg(feature = "log")]
        {
            for logger in self.lines.take() {
                for (level, lines) in logger.lines {
                    self.telemetry.count_lines(&logger.logger, level, lines);
                }
            }
            self.telemetry.count_dropped(self.lines.take_dropped());
        }
        let mut evaluated = HashSet::new();
        let report = self.telemetry.drain_and_visit(SystemHost.now_millis(), |key| {
            if !evaluated.contains(key) {
                evaluated.insert(key.to_owned());
            }
        });
        self.in_use.record_evaluated(evaluated);
        report
    }

    fn count_dropped(&self, drops: u64) {
        self.telemetry.count_dropped(drops);
    }
}
