//! Log calls, counted per logger and level.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use prefab_core::LogLevel;

use crate::{
    bounds::{Drops, MOST_TEXT, Room},
    report::{LEVELS, Logger, place},
    shards::Shards,
};

/// Counters of log calls, in shards.
pub(crate) struct Loggers {
    shards: Shards<HashMap<Box<str>, [u64; LEVELS], RandomState>>,
    room: Room,
}

impl Loggers {
    pub(crate) fn new(most: usize) -> Self {
        Self { shards: Shards::new(), room: Room::new(most) }
    }

    /// Counts log calls.
    #[inline]
    pub(crate) fn record(&self, logger: &str, level: LogLevel, calls: u64, drops: &Drops) {
        let Some(level) = place(level) else { return };
        let mut shard = self.shards.mine();
        if let Some(counts) = shard.get_mut(logger) {
            counts[level] = counts[level].saturating_add(calls);
        } else if calls == 0 {
            // Nothing was logged.
        } else if logger.len() <= MOST_TEXT && self.room.take() {
            shard.entry(logger.into()).or_default()[level] = calls;
        } else {
            drops.add(calls);
        }
    }

    /// Takes the counts out. Loggers that were heard of keep their places; silent ones give them up.
    pub(crate) fn drain(&self) -> Vec<Logger> {
        let mut sums: BTreeMap<String, [u64; LEVELS]> = BTreeMap::new();
        for mut shard in self.shards.each() {
            let before = shard.len();
            shard.retain(|name, counts| {
                let counted = std::mem::take(counts);
                if counted == [0; LEVELS] {
                    return false;
                }
                let sums = sums.entry(name.to_string()).or_default();
                for (sum, count) in sums.iter_mut().zip(counted) {
                    *sum = sum.saturating_add(count);
                }
                true
            });
            self.room.give_back(before - shard.len());
        }
        sums.into_iter().map(|(name, counts)| Logger { name, counts }).collect()
    }
}
