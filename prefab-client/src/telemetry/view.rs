//! Calls whose answers are counted.

use prefab_core::ContextSet;
use prefab_eval::{EvalError, Evaluation, Found, Ruleset, Selection, Unselected};
use prefab_telemetry::ThreadCounters;

use super::Recorder;
use crate::{
    View,
    scope::{self, InnermostScope},
    view::is_true,
};

impl View<'_> {
    /// Counts an answer that is the same for all contexts, if it and they are known and the call's contexts are the
    /// only ones; tells whether that was so.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count_known(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        counters: &ThreadCounters,
        constant: &Selection<'_>,
    ) -> bool {
        let others = [self.bound, rules.default_context(), &self.inner.engine.global];
        constant.stands()
            && others.into_iter().all(ContextSet::is_empty)
            && !scope::is_open()
            && recorder.telemetry.count_known(counters, constant, self.call)
    }

    /// Answers as [`enabled`](Self::enabled); `None` where the value has to be made, or cannot be.
    #[inline(never)]
    pub(crate) fn enabled_recorded(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        counters: &mut ThreadCounters,
        found: Option<Found<'_>>,
    ) -> Option<bool> {
        let scope = InnermostScope::take();
        let contexts = self.contexts(&scope);
        let selection = found.ok_or(Unselected::UnknownKey);
        let selection = selection.and_then(|found| found.select(&contexts, &self.inner.engine.host));
        let is_on = is_true(selection.map(|selection| selection.is_true()))?;
        recorder.count_selection(counters, rules, &contexts, selection.as_ref().ok());
        Some(is_on)
    }

    #[inline(never)]
    pub(crate) fn evaluate_recorded<R>(
        &self,
        recorder: &Recorder,
        key: &str,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        let engine = &self.inner.engine;
        engine.with_rules(|rules, counters| {
            let answer = {
                let scope = InnermostScope::take();
                let contexts = self.contexts(&scope);
                let answer = rules.evaluate(key, &contexts, &engine.host);
                recorder.record(counters, rules, &contexts, answer.as_ref().ok());
                answer
            };
            // Whatever is done there is done within the scope again.
            read(answer.as_ref())
        })
    }
}
