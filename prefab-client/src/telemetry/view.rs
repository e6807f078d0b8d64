//! Calls whose answers are counted.

use prefab_core::ContextSet;
use prefab_eval::{ConfigRef, EvalError, Evaluation, Ruleset, SelectError, SelectedRule};
use prefab_telemetry::Lane;

use super::Recorder;
use crate::{
    View,
    scope::{self, Innermost},
    view::is_true,
};

impl View<'_> {
    /// Counts an answer that is the same for all contexts, if it and they are known and the call's contexts are the
    /// only ones; tells whether that was so.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn record_known(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        lane: &Lane,
        constant: &SelectedRule<'_>,
    ) -> bool {
        let others = [self.bound, rules.default_context(), &self.inner.engine.global];
        constant.is_precomputed()
            && others.into_iter().all(ContextSet::is_empty)
            && !scope::is_open()
            && recorder.telemetry.record_known(lane, constant, self.call)
    }

    /// Answers as [`enabled`](Self::enabled); `None` where the value has to be made, or cannot be.
    #[inline(never)]
    pub(crate) fn enabled_recorded(
        &self,
        recorder: &Recorder,
        rules: &Ruleset,
        lane: &mut Lane,
        found: Option<ConfigRef<'_>>,
    ) -> Option<bool> {
        let scope = Innermost::take();
        let contexts = self.contexts(&scope);
        let selection = found.ok_or(SelectError::UnknownKey);
        let selection = selection.and_then(|found| found.select(&contexts, &self.inner.engine.host));
        let is_on = is_true(selection.map(|selection| selection.is_true()))?;
        recorder.record_selection(lane, rules, &contexts, selection.as_ref().ok());
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
        engine.with_rules(|rules, lane| {
            let answer = {
                let scope = Innermost::take();
                let contexts = self.contexts(&scope);
                let answer = rules.evaluate(key, &contexts, &engine.host);
                recorder.record(lane, rules, &contexts, answer.as_ref().ok());
                answer
            };
            // Whatever is done there is done within the scope again.
            read(answer.as_ref())
        })
    }
}
