//! Evaluations, counted per answer.

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    sync::Arc,
};

use foldhash::fast::RandomState;
use prefab_core::{Config, ConfigType, Value};
use prefab_eval::{Evaluation, Reason};

use crate::{
    bounds::{Drops, Room},
    report::{Counter, Summary},
    reportable,
    shards::Shards,
};

/// Counters of evaluations, in shards.
pub(crate) struct Evaluations {
    shards: Shards<HashMap<Place, Slot, RandomState>>,
    room: Room,
    seeds: RandomState,
}

/// What tells two answers apart, small enough to be hashed in a few nanoseconds.
///
/// A config is known by its address, which cannot be another's while the slot holds on to it. Its compiled
/// form follows from it and from the environment, so the indices name the same rule every time.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    config: u64,
    project_env_id: i64,
    /// Row and rule.
    rule: u64,
    /// The choice among weighted values plus one; 0 for none.
    weighted: u64,
    value: u64,
}

struct Slot {
    count: u64,
    answer: Arc<Answer>,
}

/// An answer as it is reported.
struct Answer {
    config: Arc<Config>,
    row: u32,
    rule: u32,
    weighted: Option<u32>,
    selected_index: Option<u32>,
    value: Option<Value>,
    reason: Reason,
}

impl Evaluations {
    pub(crate) fn new(most: usize) -> Self {
        Self { shards: Shards::new(), room: Room::new(most), seeds: RandomState::default() }
    }

    /// Counts an evaluation.
    #[inline]
    pub(crate) fn record(&self, evaluation: &Evaluation<'_>, project_env_id: i64, drops: &Drops) {
        if !is_counted(evaluation.config().config_type) {
            return;
        }
        let place = Place {
            config: Arc::as_ptr(&evaluation.entry().config).addr() as u64,
            project_env_id,
            rule: u64::from(evaluation.config_row_index) << 32
                | u64::from(evaluation.conditional_value_index),
            weighted: evaluation.weighted_value_index.map_or(0, |index| u64::from(index) + 1),
            value: reportable::mark(&evaluation.value, &self.seeds),
        };
        if let Some(slot) = self.shards.mine().get_mut(&place) {
            slot.count += 1;
            return;
        }
        self.meet(place, evaluation, drops);
    }

    #[cold]
    fn meet(&self, place: Place, evaluation: &Evaluation<'_>, drops: &Drops) {
        if !self.room.take() {
            return drops.add(1);
        }
        let answer = Arc::new(Answer::of(evaluation));
        match self.shards.mine().entry(place) {
            // Another thread of this shard has met it, too.
            hash_map::Entry::Occupied(mut slot) => {
                slot.get_mut().count += 1;
                self.room.give_back(1);
            }
            hash_map::Entry::Vacant(slot) => {
                slot.insert(Slot { count: 1, answer });
            }
        }
    }

    /// Takes the counts out. What was counted keeps its place, so that it costs no allocation the next time;
    /// what was not since the drain before gives it up.
    pub(crate) fn drain(&self) -> Vec<Summary> {
        let mut counts = Vec::new();
        for mut shard in self.shards.each() {
            let before = shard.len();
            shard.retain(|_, Slot { count, answer }| {
                let counted = std::mem::take(count);
                if counted > 0 {
                    counts.push((Arc::clone(answer), counted));
                }
                counted > 0
            });
            self.room.give_back(before - shard.len());
        }
        summaries(&counts)
    }
}

/// Log levels are asked for with every line, and segments are parts of other answers.
fn is_counted(config_type: ConfigType) -> bool {
    !matches!(config_type, ConfigType::LogLevel | ConfigType::LogLevelV2 | ConfigType::Segment)
}

impl Answer {
    fn of(evaluation: &Evaluation<'_>) -> Self {
        Self {
            config: Arc::clone(&evaluation.entry().config),
            row: evaluation.config_row_index,
            rule: evaluation.conditional_value_index,
            weighted: evaluation.weighted_value_index,
            selected_index: reportable::selected_index(evaluation.config(), &evaluation.value),
            value: reportable::value(evaluation),
            reason: evaluation.reason,
        }
    }

    fn counter(&self, count: u64) -> Counter {
        Counter {
            count,
            config_id: self.config.id,
            config_row_index: self.row,
            conditional_value_index: self.rule,
            weighted_value_index: self.weighted,
            selected_index: self.selected_index,
            selected_value: self.value.clone(),
            reason: self.reason,
        }
    }
}

/// Puts the shards' counts together: by key and type, then by everything that a counter says.
fn summaries(counts: &[(Arc<Answer>, u64)]) -> Vec<Summary> {
    let mut keys: BTreeMap<(&str, i32), BTreeMap<_, Counter>> = BTreeMap::new();
    for (answer, count) in counts {
        let config = &answer.config;
        let identity = (
            (config.id, answer.row, answer.rule, answer.weighted, answer.selected_index),
            // Values have no order of their own, and doubles none at all.
            format!("{:?}", answer.value),
        );
        keys.entry((&config.key, config.config_type.number()))
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
