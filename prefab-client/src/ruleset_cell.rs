//! The ruleset that holds now, for any number of readers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::{ArcSwap, Guard};
use prefab_eval::Ruleset;

use crate::thread::{self, CacheSlot, Thread, ThreadCounters};

/// Gives every cell ruleset of the process a number of its own.
static NEXT_GENERATION: AtomicU64 = AtomicU64::new(1);

/// The ruleset that holds now. Readers never wait, and mostly read only one shared word: the generation.
///
/// Each thread remembers the rulesets that it read last, with their stamps. While the generation is still the
/// cell one, the remembered ruleset is as new. The price: a thread that asks nothing any more keeps an
/// old ruleset until it ends; it shares with the new one whatever has not changed.
pub(crate) struct RulesetCell {
    rules: ArcSwap<Ruleset>,
    generation: AtomicU64,
    /// Where threads remember this one.
    slot: usize,
}

impl RulesetCell {
    pub(crate) fn new(rules: Ruleset) -> Self {
        let generation = NEXT_GENERATION.fetch_add(1, Ordering::Relaxed);
        Self {
            rules: ArcSwap::from_pointee(rules),
            generation: AtomicU64::new(generation),
            slot: usize::try_from(generation).unwrap_or_default(),
        }
    }

    /// Replaces the ruleset. Whoever reads after this reads the new one. There is one writer at a time.
    pub(crate) fn store(&self, rules: Arc<Ruleset>) {
        self.rules.store(rules);
        // After the ruleset, so that nobody remembers the old one under the new generation.
        self.generation.store(NEXT_GENERATION.fetch_add(1, Ordering::Relaxed), Ordering::Release);
    }

    /// Returns the ruleset, to keep for a while.
    pub(crate) fn load(&self) -> Guard<Arc<Ruleset>> {
        self.rules.load()
    }

    /// Returns the ruleset, to keep for long.
    pub(crate) fn load_full(&self) -> Arc<Ruleset> {
        self.rules.load_full()
    }

    /// Hands over the ruleset, and the thread's own counters for this client. Both are taken out of the thread
    /// meanwhile, which counts no references.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Ruleset, &mut ThreadCounters) -> R) -> R {
        let generation = self.generation.load(Ordering::Acquire);
        let at_hand = thread::with(|thread| {
            let slot = self.slot_of(thread);
            if slot.generation.get() == generation {
                (slot.rules.take(), slot.counters.take())
            } else {
                Default::default()
            }
        });
        let (rules, mut counters) = at_hand.unwrap_or_default();
        let rules = rules.unwrap_or_else(|| self.remembered(generation, &mut counters));
        let result = read(&rules, &mut counters);
        let mut rules = Some(rules);
        thread::with(|thread| {
            let slot = self.slot_of(thread);
            if slot.generation.get() == generation {
                // Whoever read meanwhile, within this, may have put one there that is newer.
                let newer = slot.rules.take();
                slot.rules.set(newer.or_else(|| rules.take()));
                if !counters.is_new() {
                    slot.counters.set(std::mem::take(&mut counters));
                }
            }
        });
        drop(rules);
        result
    }

    /// Returns the ruleset and has the thread remember the generation; it is as new as that, or newer.
    #[cold]
    #[inline(never)]
    fn remembered(&self, generation: u64, counters: &mut ThreadCounters) -> Arc<Ruleset> {
        let rules = self.rules.load_full();
        let before = thread::with(|thread| {
            let slot = self.slot_of(thread);
            slot.generation.set(generation);
            // Those of another client begin anew once this one counts.
            *counters = slot.counters.take();
            slot.rules.take()
        });
        drop(before);
        rules
    }

    #[inline]
    fn slot_of<'t>(&self, thread: &'t Thread) -> &'t CacheSlot {
        thread.cache.slot(self.slot)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use prefab_core::{Config, Entry, Layer, Provenance};
    use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options};

    use super::*;

    fn numbered(number: i64) -> Ruleset {
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "test"));
        Ruleset::build([Entry::new(Config::constant("number", number), provenance)], Options::default())
    }

    fn read(cell: &RulesetCell) -> i64 {
        cell.read(|rules, _| number(rules))
    }

    fn number(rules: &Ruleset) -> i64 {
        let answer = rules.evaluate("number", &Contexts::default(), &FixedHost::default());
        match answer.map(|answer| answer.value) {
            Ok(EvaluatedValue::Int(number)) => number,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whoever_reads_after_a_change_reads_it_however_many_there_are() {
        let all: Vec<_> = (0..10).map(|at| RulesetCell::new(numbered(at))).collect();
        for round in 1..4 {
            for (at, cell) in (0..).zip(&all) {
                cell.store(Arc::new(numbered(round * 100 + at)));
                for (other, cell) in (0..).zip(&all) {
                    let round = if other <= at { round } else { round - 1 };
                    assert_eq!(read(cell), round * 100 + other);
                }
            }
        }
    }

    #[test]
    fn a_reader_within_a_reader_sees_what_changed_meanwhile() {
        let cell = RulesetCell::new(numbered(1));
        cell.read(|outer, _| {
            assert_eq!((number(outer), read(&cell)), (1, 1));
            cell.store(Arc::new(numbered(2)));
            assert_eq!((number(outer), read(&cell)), (1, 2));
        });
        assert_eq!(read(&cell), 2);
    }

    #[test]
    fn a_reader_that_panics_leaves_the_next_one_what_there_is() {
        let cell = RulesetCell::new(numbered(1));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            cell.read(|_, _| panic!("a reader's own"));
        }));
        assert!(panicked.is_err());
        assert_eq!((read(&cell), read(&cell)), (1, 1));
    }

    #[test]
    fn no_thread_goes_back() {
        let cell = RulesetCell::new(numbered(0));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut newest = 0;
                    while !done.load(Ordering::Relaxed) {
                        let now = read(&cell);
                        assert!(now >= newest, "{now} after {newest}");
                        newest = now;
                    }
                });
            }
            for at in 1..=2_000 {
                cell.store(Arc::new(numbered(at)));
                assert_eq!(read(&cell), at);
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
