//! Counts of evaluations.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;
use prefab_core::ConfigType;
use prefab_eval::{Evaluation, SelectedRule};

use crate::{
    bounds::DropCount,
    evaluation_count_key::EvaluationCountKey,
    report::{EvaluationCount, EvaluationSummary},
    reportable,
    thread_counters::{CounterTables, Mark, ThreadCounters},
};

/// Counters of evaluations.
pub(crate) struct Evaluations {
    tables: CounterTables,
    /// Configs that are in use without being evaluated, until the next drain.
    in_use: Mutex<Vec<Arc<EvaluationCountKey>>>,
    max: usize,
    seeds: RandomState,
}

impl Evaluations {
    pub(crate) fn new(max: usize) -> Self {
        Self { tables: CounterTables::new(max), in_use: Mutex::default(), max, seeds: RandomState::default() }
    }

    /// Counts an evaluation in the thread's own counters.
    #[inline]
    pub(crate) fn record(&self, evaluation: &Evaluation<'_>, drops: &DropCount) {
        self.tables.with_thread_counters(|counters| self.record_in(counters, evaluation, drops));
    }

    /// Counts an evaluation.
    #[inline]
    pub(crate) fn record_in(
        &self,
        counters: &mut ThreadCounters,
        evaluation: &Evaluation<'_>,
        drops: &DropCount,
    ) {
        let mark = if evaluation.is_precomputed() {
            Mark::of(evaluation.id())
        } else {
            Mark::with_value(evaluation.id(), reportable::mark(&evaluation.value, &self.seeds))
        };
        if !self.tables.count(counters, mark) {
            self.count_new(counters, mark, evaluation, drops);
        }
    }

    /// Counts one evaluation of a config of any type.
    pub(crate) fn record_in_use(&self, evaluation: &Evaluation<'_>, drops: &DropCount) {
        let mut in_use = self.in_use();
        if in_use.len() < self.max {
            in_use.push(Arc::new(EvaluationCountKey::of(evaluation)));
        } else {
            drops.add(1);
        }
    }

    fn in_use(&self) -> MutexGuard<'_, Vec<Arc<EvaluationCountKey>>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a precomputed result, if its counter is in its preferred slot. Returns whether it was counted.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
    pub(crate) fn count_known(&self, counters: &ThreadCounters, selection: &SelectedRule<'_>) -> bool {
        self.tables.count_known(counters, selection.id())
    }

    /// Counts a precomputed result.
    #[inline]
    pub(crate) fn count_selection(
        &self,
        counters: &mut ThreadCounters,
        selection: &SelectedRule<'_>,
        drops: &DropCount,
    ) {
        if !self.tables.count(counters, Mark::of(selection.id())) {
            self.count_new_selection(counters, selection, drops);
        }
    }

    #[cold]
    #[inline(never)]
    fn count_new_selection(
        &self,
        counters: &mut ThreadCounters,
        selection: &SelectedRule<'_>,
        drops: &DropCount,
    ) {
        if let Some(evaluation) = selection.evaluation() {
            self.count_new(counters, Mark::of(selection.id()), &evaluation, drops);
        }
    }

    #[cold]
    fn count_new(
        &self,
        counters: &mut ThreadCounters,
        mark: Mark,
        evaluation: &Evaluation<'_>,
        drops: &DropCount,
    ) {
        let is_counted = is_counted(evaluation.entry().stored().config_type());
        let found_room =
            self.tables.count_new(counters, mark, || is_counted.then(|| EvaluationCountKey::of(evaluation)));
        drops.add(u64::from(is_counted && !found_room));
    }

    /// Returns the counts and resets them. A used counter stays allocated; one without counts since the previous drain is
    /// released. Passes the config key of every evaluation to `evaluated`.
    pub(crate) fn drain(&self, mut evaluated: impl FnMut(&str)) -> Vec<EvaluationSummary> {
        let mut counts = Vec::new();
        self.tables.drain(|answer, count| counts.push((Arc::clone(answer), count)));
        for (answer, _) in &counts {
            evaluated(answer.entry.key());
        }
        counts.extend(std::mem::take(&mut *self.in_use()).into_iter().map(|key| (key, 1)));
        summaries(&counts)
    }
}

/// Log levels are evaluated for every line, and segments are parts of other evaluations.
fn is_counted(config_type: ConfigType) -> bool {
    !matches!(config_type, ConfigType::LogLevel | ConfigType::LogLevelV2 | ConfigType::Segment)
}

/// Merges the counts of all threads: by key and type, then by all other fields.
fn summaries(counts: &[(Arc<EvaluationCountKey>, u64)]) -> Vec<EvaluationSummary> {
    let mut keys: BTreeMap<(&str, i32), BTreeMap<_, EvaluationCount>> = BTreeMap::new();
    for (answer, count) in counts {
        let config = answer.entry.stored();
        let identity = (
            (config.id(), answer.row, answer.rule, answer.weighted, answer.selected_index),
            // Values do not implement `Ord`.
            format!("{:?}", answer.value),
        );
        keys.entry((config.key(), config.config_type().number()))
            .or_default()
            .entry(identity)
            .and_modify(|counter| counter.count += count)
            .or_insert_with(|| answer.counter(*count));
    }
    let summary = |((key, number), counts): ((&str, i32), BTreeMap<_, EvaluationCount>)| EvaluationSummary {
        key: key.to_owned(),
        config_type: ConfigType::from_number(number).unwrap_or_default(),
        counts: counts.into_values().collect(),
    };
    keys.into_iter().map(summary).collect()
}
