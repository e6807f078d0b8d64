//! The ruleset that holds now, for any number of readers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::{ArcSwap, Guard};
use prefab_eval::Ruleset;

use crate::thread::{self, Lane, Place, Thread};

/// Gives every published ruleset of the process a number of its own.
static NEXT_STAMP: AtomicU64 = AtomicU64::new(1);

/// The ruleset that holds now. Readers never wait, and mostly read only one shared word: the stamp.
///
/// Each thread remembers the rulesets that it read last, with their stamps. While the stamp is still the
/// published one, the remembered ruleset is as new. The price: a thread that asks nothing any more keeps an
/// old ruleset until it ends; it shares with the new one whatever has not changed.
pub(crate) struct Published {
    rules: ArcSwap<Ruleset>,
    stamp: AtomicU64,
    /// Where threads remember this one.
    place: usize,
}

impl Published {
    pub(crate) fn new(rules: Ruleset) -> Self {
        let stamp = NEXT_STAMP.fetch_add(1, Ordering::Relaxed);
        Self {
            rules: ArcSwap::from_pointee(rules),
            stamp: AtomicU64::new(stamp),
            place: usize::try_from(stamp).unwrap_or_default(),
        }
    }

    /// Replaces the ruleset. Whoever reads after this reads the new one. There is one writer at a time.
    pub(crate) fn store(&self, rules: Arc<Ruleset>) {
        self.rules.store(rules);
        // After the ruleset, so that nobody remembers the old one under the new stamp.
        self.stamp.store(NEXT_STAMP.fetch_add(1, Ordering::Relaxed), Ordering::Release);
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
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Ruleset, &mut Lane) -> R) -> R {
        let stamp = self.stamp.load(Ordering::Acquire);
        let at_hand = thread::with(|thread| {
            let place = self.place_of(thread);
            if place.stamp.get() == stamp {
                (place.rules.take(), place.lane.take())
            } else {
                Default::default()
            }
        });
        let (rules, mut lane) = at_hand.unwrap_or_default();
        let rules = rules.unwrap_or_else(|| self.remembered(stamp, &mut lane));
        let result = read(&rules, &mut lane);
        let mut rules = Some(rules);
        thread::with(|thread| {
            let place = self.place_of(thread);
            if place.stamp.get() == stamp {
                // Whoever read meanwhile, within this, may have put one there that is newer.
                let newer = place.rules.take();
                place.rules.set(newer.or_else(|| rules.take()));
                if !lane.is_new() {
                    place.lane.set(std::mem::take(&mut lane));
                }
            }
        });
        drop(rules);
        result
    }

    /// Returns the ruleset and has the thread remember the stamp; it is as new as that, or newer.
    #[cold]
    #[inline(never)]
    fn remembered(&self, stamp: u64, lane: &mut Lane) -> Arc<Ruleset> {
        let rules = self.rules.load_full();
        let before = thread::with(|thread| {
            let place = self.place_of(thread);
            place.stamp.set(stamp);
            // Those of another client begin anew once this one counts.
            *lane = place.lane.take();
            place.rules.take()
        });
        drop(before);
        rules
    }

    #[inline]
    fn place_of<'t>(&self, thread: &'t Thread) -> &'t Place {
        thread.seen.place(self.place)
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

    fn read(published: &Published) -> i64 {
        published.read(|rules, _| number(rules))
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
        let all: Vec<_> = (0..10).map(|at| Published::new(numbered(at))).collect();
        for round in 1..4 {
            for (at, published) in (0..).zip(&all) {
                published.store(Arc::new(numbered(round * 100 + at)));
                for (other, published) in (0..).zip(&all) {
                    let round = if other <= at { round } else { round - 1 };
                    assert_eq!(read(published), round * 100 + other);
                }
            }
        }
    }

    #[test]
    fn a_reader_within_a_reader_sees_what_changed_meanwhile() {
        let published = Published::new(numbered(1));
        published.read(|outer, _| {
            assert_eq!((number(outer), read(&published)), (1, 1));
            published.store(Arc::new(numbered(2)));
            assert_eq!((number(outer), read(&published)), (1, 2));
        });
        assert_eq!(read(&published), 2);
    }

    #[test]
    fn a_reader_that_panics_leaves_the_next_one_what_there_is() {
        let published = Published::new(numbered(1));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            published.read(|_, _| panic!("a reader's own"));
        }));
        assert!(panicked.is_err());
        assert_eq!((read(&published), read(&published)), (1, 1));
    }

    #[test]
    fn no_thread_goes_back() {
        let published = Published::new(numbered(0));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut newest = 0;
                    while !done.load(Ordering::Relaxed) {
                        let now = read(&published);
                        assert!(now >= newest, "{now} after {newest}");
                        newest = now;
                    }
                });
            }
            for at in 1..=2_000 {
                published.store(Arc::new(numbered(at)));
                assert_eq!(read(&published), at);
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
