//! Calls that are counted.

use prefab_core::ContextSet;
use prefab_eval::{ConfigRef, EvalError, Evaluation, Ruleset, SelectError, SelectedRule};
use prefab_telemetry::ThreadCounters;

use super::Recorder;
use crate::{
    View,
    lookup::Lookup,
    scope::{self, InnermostScope},
    view::is_true,
};

impl View<'_> {
    /// Counts a constant result if it and the contexts of the call are known and there are no other contexts. Returns whether
    /// it was counted.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn count_known(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        counters: &ThreadCounters,
        constant: &SelectedRule<'_>,
    ) -> bool {
        let others = [self.bound, rules.default_context(), &self.inner.engine.global];
        constant.is_precomputed()
            && others.into_iter().all(ContextSet::is_empty)
            && !scope::is_open()
            && recorder.telemetry.count_known(counters, constant, self.call)
    }

    /// Evaluates [`enabled`](Self::enabled); `None` if the value must be computed, or cannot be.
    #[inline(never)]
    pub(crate) fn enabled_recorded(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        counters: &mut ThreadCounters,
        found: Option<ConfigRef<'_>>,
    ) -> Option<bool> {
        let scope = InnermostScope::take();
        let contexts = self.contexts(&scope);
        let selection = found.ok_or(SelectError::UnknownKey);
        let selection = selection.and_then(|found| found.select(&contexts, &self.inner.engine.host));
        let is_on = is_true(selection.map(|selection| selection.is_true()))?;
        recorder.count_selection(counters, rules, &contexts, selection.as_ref().ok());
        Some(is_on)
    }

    #[inline(never)]
    pub(crate) fn evaluate_recorded<R>(
        &self,
        recorder: &Recorder,
        key: impl Lookup,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        let engine = &self.inner.engine;
        engine.with_rules(|rules, counters| {
            let answer = {
                let scope = InnermostScope::take();
                let contexts = self.contexts(&scope);
                let answer = key.evaluate(rules, &contexts, &engine.host);
                recorder.record(counters, rules, &contexts, answer.as_ref().ok());
                answer
            };
            // The scope has been put back, so that calls within `read` see it.
            read(answer.as_ref())
        })
    }
}
