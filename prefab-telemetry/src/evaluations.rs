//! Evaluations, counted per answer.

use std::{collections::BTreeMap, sync::Arc};

use foldhash::fast::RandomState;
use prefab_core::ConfigType;
use prefab_eval::{Evaluation, SelectedRule};

use crate::{
    answer::Answer,
    bounds::Drops,
    report::{Counter, Summary},
    reportable,
    tallies::{Lane, Mark, Tallies},
};

/// Counters of evaluations.
pub(crate) struct Evaluations {
    tallies: Tallies,
    seeds: RandomState,
}

impl Evaluations {
    pub(crate) fn new(most: usize) -> Self {
        Self { tallies: Tallies::new(most), seeds: RandomState::default() }
    }

    /// Counts an evaluation in the thread's own lane.
    #[inline]
    pub(crate) fn record(&self, evaluation: &Evaluation<'_>, drops: &Drops) {
        self.tallies.with_lane(|lane| self.record_in(lane, evaluation, drops));
    }

    /// Counts an evaluation.
    #[inline]
    pub(crate) fn record_in(&self, lane: &mut Lane, evaluation: &Evaluation<'_>, drops: &Drops) {
        let mark = if evaluation.is_precomputed() {
            Mark::of(evaluation.id())
        } else {
            Mark::with_value(evaluation.id(), reportable::mark(&evaluation.value, &self.seeds))
        };
        if !self.tallies.count(lane, mark) {
            self.meet(lane, mark, evaluation, drops);
        }
    }

    /// Counts an answer whose value stands in the ruleset if the lane has it at hand; tells whether it has.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn count_at_once(&self, lane: &Lane, selection: &SelectedRule<'_>) -> bool {
        self.tallies.count_at_once(lane, selection.id())
    }

    /// Counts an answer whose value stands in the ruleset.
    #[inline]
    pub(crate) fn record_selection(&self, lane: &mut Lane, selection: &SelectedRule<'_>, drops: &Drops) {
        if !self.tallies.count(lane, Mark::of(selection.id())) {
            self.meet_selection(lane, selection, drops);
        }
    }

    #[cold]
    #[inline(never)]
    fn meet_selection(&self, lane: &mut Lane, selection: &SelectedRule<'_>, drops: &Drops) {
        if let Some(evaluation) = selection.evaluation() {
            self.meet(lane, Mark::of(selection.id()), &evaluation, drops);
        }
    }

    #[cold]
    fn meet(&self, lane: &mut Lane, mark: Mark, evaluation: &Evaluation<'_>, drops: &Drops) {
        let is_counted = is_counted(evaluation.entry().stored().config_type());
        let found_room = self.tallies.meet(lane, mark, || is_counted.then(|| Answer::of(evaluation)));
        drops.add(u64::from(is_counted && !found_room));
    }

    /// Takes the counts out. What was counted keeps its place, so that it costs no allocation the next time;
    /// what was not since the drain before gives it up.
    pub(crate) fn drain(&self) -> Vec<Summary> {
        let mut counts = Vec::new();
        self.tallies.drain(|answer, count| counts.push((Arc::clone(answer), count)));
        summaries(&counts)
    }
}

/// Log levels are asked for with every line, and segments are parts of other answers.
fn is_counted(config_type: ConfigType) -> bool {
    !matches!(config_type, ConfigType::LogLevel | ConfigType::LogLevelV2 | ConfigType::Segment)
}

/// Puts the shards' counts together: by key and type, then by everything that a counter says.
fn summaries(counts: &[(Arc<Answer>, u64)]) -> Vec<Summary> {
    let mut keys: BTreeMap<(&str, i32), BTreeMap<_, Counter>> = BTreeMap::new();
    for (answer, count) in counts {
        let config = answer.entry.stored();
        let identity = (
            (config.id(), answer.row, answer.rule, answer.weighted, answer.selected_index),
            // Values have no order of their own, and doubles none at all.
            format!("{:?}", answer.value),
        );
        keys.entry((config.key(), config.config_type().number()))
            .or_default()
            .entry(identity)
            .and_modify(|counter| counter.count += count)
            .or_insert_with(|| answer.counter(*count));
    }
    let summary = |((key, number), counters): ((&str, i32), BTreeMap<_, Counter>)| Summary {
        key: key.to_owned(),
        config_type: ConfigType::from_number(number).unwrap_or_default(),
        counters: counters.into_values().collect(),
    };
    keys.into_iter().map(summary).collect()
}
