//! The ruleset that holds now, for any number of readers.

use std::{
    cell::{Ref, RefCell},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::{ArcSwap, Guard};
use prefab_eval::Ruleset;

use crate::thread::Thread;

/// Gives every published ruleset of the process a number of its own.
static NEXT_STAMP: AtomicU64 = AtomicU64::new(1);

/// How many clients' rulesets a thread remembers.
const REMEMBERED: usize = 4;

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
            place: usize::try_from(stamp).unwrap_or_default() % REMEMBERED,
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

    /// Borrows the thread's state once it remembers the published ruleset; not where somebody further out
    /// keeps it from remembering.
    #[inline]
    pub(crate) fn at_hand<'t>(&self, thread: &'t RefCell<Thread>) -> Option<Ref<'t, Thread>> {
        let stamp = self.stamp.load(Ordering::Acquire);
        let state = thread.try_borrow().ok()?;
        if state.seen.0[self.place].0 == stamp {
            return Some(state);
        }
        drop(state);
        self.remember(thread, stamp)
    }

    /// Returns the ruleset that was found [at hand](Self::at_hand).
    #[inline]
    pub(crate) fn of<'t>(&self, thread: &'t Thread) -> Option<&'t Ruleset> {
        thread.seen.0[self.place].1.as_deref()
    }

    /// Remembers the ruleset for the next time, unless a reader further out still looks at an older one.
    #[cold]
    fn remember<'t>(&self, thread: &'t RefCell<Thread>, stamp: u64) -> Option<Ref<'t, Thread>> {
        let rules = self.rules.load_full();
        let before = {
            let mut state = thread.try_borrow_mut().ok()?;
            // It is as new as the stamp, or newer; in that case it is remembered once more the next time.
            std::mem::replace(&mut state.seen.0[self.place], (stamp, Some(rules)))
        };
        drop(before);
        thread.try_borrow().ok()
    }
}

/// The rulesets that a thread read last, with their stamps; 0 is nobody's.
pub(crate) struct Seen([(u64, Option<Arc<Ruleset>>); REMEMBERED]);

impl Seen {
    pub(crate) const fn new() -> Self {
        Self([const { (0, None) }; REMEMBERED])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use prefab_core::{Config, Entry, Layer, Provenance};
    use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options};

    use super::*;
    use crate::thread;

    fn numbered(number: i64) -> Ruleset {
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "test"));
        Ruleset::build([Entry::new(Config::constant("number", number), provenance)], Options::default())
    }

    fn read(published: &Published) -> i64 {
        let at_hand = thread::with((), |thread, ()| {
            Ok(published.at_hand(thread).and_then(|thread| published.of(&thread).map(number)))
        });
        at_hand.ok().flatten().unwrap_or_else(|| number(&published.load()))
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
        let outer = thread::with((), |thread, ()| {
            let outer = published.at_hand(thread).ok_or(())?;
            assert_eq!(published.of(&outer).map(number), Some(1));
            published.store(Arc::new(numbered(2)));
            assert_eq!(read(&published), 2);
            Ok(published.of(&outer).map(number))
        });
        assert_eq!(outer, Ok(Some(1)));
        assert_eq!(read(&published), 2);
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
