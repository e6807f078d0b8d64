//! Counts of log lines per logger and level.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use prefab_core::LogLevel;

use crate::{
    bounds::{Capacity, DropCount, MAX_TEXT_BYTES},
    report::{LEVELS, LoggerLineCounts, place},
    shards::Shards,
};

/// Counters of log lines, in shards.
pub(crate) struct Loggers {
    shards: Shards<HashMap<Box<str>, [u64; LEVELS], RandomState>>,
    capacity: Capacity,
}

impl Loggers {
    pub(crate) fn new(max: usize) -> Self {
        Self { shards: Shards::new(), capacity: Capacity::new(max) }
    }

    /// Counts log lines.
    #[inline]
    pub(crate) fn record(&self, logger: &str, level: LogLevel, calls: u64, drops: &DropCount) {
        let Some(level) = place(level) else { return };
        let mut shard = self.shards.mine();
        if let Some(counts) = shard.get_mut(logger) {
            counts[level] = counts[level].saturating_add(calls);
        } else if calls == 0 {
            // No line, so no counter.
        } else if logger.len() <= MAX_TEXT_BYTES && self.capacity.take() {
            shard.entry(logger.into()).or_default()[level] = calls;
        } else {
            drops.add(calls);
        }
    }

    /// Returns the counts and resets them. Loggers without lines release their capacity.
    pub(crate) fn drain(&self) -> Vec<LoggerLineCounts> {
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
            self.capacity.release(before - shard.len());
        }
        sums.into_iter().map(|(name, counts)| LoggerLineCounts { name, counts }).collect()
    }
}
