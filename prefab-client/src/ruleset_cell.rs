//! The current ruleset, for any number of readers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::{ArcSwap, Guard};
use prefab_eval::Ruleset;

use crate::thread::{self, CacheSlot, Thread, ThreadCounters};

/// Gives each published ruleset of the process its own number.
static NEXT_GENERATION: AtomicU64 = AtomicU64::new(1);

/// The current ruleset. Reads are wait-free; the common path loads one generation counter.
///
/// Each thread caches the rulesets that it read last, with their generations. While the generation is the published one,
/// the cached ruleset is current. The price: a thread that stops reading keeps an old ruleset until it ends. The old
/// ruleset shares everything that has not changed with the new one.
pub(crate) struct RulesetCell {
    rules: ArcSwap<Ruleset>,
    generation: AtomicU64,
    /// The index of this cell's slot in the cache of each thread.
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

    /// Replaces the ruleset. Later reads return the new one. Callers must not run concurrently.
    pub(crate) fn store(&self, rules: Arc<Ruleset>) {
        self.rules.store(rules);
        // After the ruleset, so that no thread caches the old ruleset with the new generation.
        self.generation.store(NEXT_GENERATION.fetch_add(1, Ordering::Relaxed), Ordering::Release);
    }

    /// Returns the ruleset, to keep for a short time.
    pub(crate) fn load(&self) -> Guard<Arc<Ruleset>> {
        self.rules.load()
    }

    /// Returns the ruleset, to keep for a long time.
    pub(crate) fn load_full(&self) -> Arc<Ruleset> {
        self.rules.load_full()
    }

    /// Passes the ruleset and the thread's counters for this client to `read`. Both are taken out of the thread's cache for
    /// the call, so that no reference is counted.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a function call costs more than the work of the function")]
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
                // A nested call may have cached a newer ruleset.
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

    /// Returns the ruleset and caches the generation. The ruleset is of that generation or newer.
    #[cold]
    #[inline(never)]
    fn remembered(&self, generation: u64, counters: &mut ThreadCounters) -> Arc<Ruleset> {
        let rules = self.rules.load_full();
        let before = thread::with(|thread| {
            let slot = self.slot_of(thread);
            slot.generation.set(generation);
            // Counters of another client are replaced when this client counts.
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
    fn a_read_after_a_change_sees_it_with_any_number_of_clients() {
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
    fn a_nested_read_sees_a_change_made_during_the_outer_read() {
        let cell = RulesetCell::new(numbered(1));
        cell.read(|outer, _| {
            assert_eq!((number(outer), read(&cell)), (1, 1));
            cell.store(Arc::new(numbered(2)));
            assert_eq!((number(outer), read(&cell)), (1, 2));
        });
        assert_eq!(read(&cell), 2);
    }

    #[test]
    fn a_panic_in_a_read_does_not_affect_later_reads() {
        let cell = RulesetCell::new(numbered(1));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            cell.read(|_, _| panic!("in a reader"));
        }));
        assert!(panicked.is_err());
        assert_eq!((read(&cell), read(&cell)), (1, 1));
    }

    #[test]
    fn no_thread_sees_an_older_ruleset_after_a_newer_one() {
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
