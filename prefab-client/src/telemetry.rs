//! What a client counts of its use, and whom it tells.

mod parts;
mod reporter;
mod view;

#[cfg(feature = "log")]
use std::sync::Arc;

use prefab_eval::{Contexts, Evaluation, Host as _, Ruleset, Selection};
#[cfg(feature = "log")]
use prefab_log::{LineCounts, LogFilter};
use prefab_telemetry::{Options, Report, Telemetry, ThreadCounters};

use crate::host::SystemHost;

pub(crate) use reporter::Reporter;

/// Counts evaluations, contexts and log lines.
pub(crate) struct Recorder {
    telemetry: Telemetry,
    #[cfg(feature = "log")]
    lines: Arc<LineCounts>,
}

impl Recorder {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            telemetry: Telemetry::new(options, SystemHost.now_millis()),
            #[cfg(feature = "log")]
            lines: Arc::default(),
        }
    }

    /// Counts an answer, and takes in whom it was given to.
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

    /// Counts an answer whose value nobody had to make, if there was one, and takes in whom it was given to.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count_selection(
        &self,
        counters: &mut ThreadCounters,
        rules: &Ruleset,
        contexts: &Contexts<'_>,
        selection: Option<&Selection<'_>>,
    ) {
        self.record_contexts(rules, contexts);
        if let Some(selection) = selection {
            self.telemetry.count_selection_in(counters, selection);
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    fn record_contexts(&self, rules: &Ruleset, contexts: &Contexts<'_>) {
        let Contexts { call, bound, scope, global } = *contexts;
        let levels = [call, bound, scope, rules.default_context(), global];
        self.telemetry.record_contexts(&levels, || SystemHost.now_millis());
    }

    /// Counts the lines that a filter lets through.
    ///
    /// Several filters of one client are asked about the same lines, so only one of them counts.
    #[cfg(feature = "log")]
    pub(crate) fn count_lines_of(&self, filter: &LogFilter) {
        if self.telemetry.options().collect_loggers && Arc::strong_count(&self.lines) == 1 {
            filter.count_into(Arc::clone(&self.lines));
        }
    }

    /// Takes everything out.
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
        self.telemetry.drain(SystemHost.now_millis())
    }

    fn count_dropped(&self, drops: u64) {
        self.telemetry.count_dropped(drops);
    }
}
