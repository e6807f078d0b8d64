//! Configs that a program uses without evaluating them.
//!
//! A live handle and a log filter read a config when it changes, and a listener may do the same. The server would list
//! their configs as unused, so one evaluation of each is counted per hour.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How often a config that is in use is counted.
const INTERVAL_MILLIS: i64 = 60 * 60 * 1_000;

/// The maximum number of keys of each kind, and of keys that are counted per interval. Further keys are counted only when
/// they are evaluated.
const MAX_KEYS: usize = 10_000;

/// The keys that are in use.
#[derive(Default)]
pub(crate) struct InUse(Mutex<Keys>);

#[derive(Default)]
struct Keys {
    /// Keys that log filters read.
    log: HashSet<String>,
    /// Keys that the program has evaluated. While it listens to changes, it may depend on all of them.
    evaluated: HashSet<String>,
    /// Keys that were counted since `counted_at_millis`.
    counted: HashSet<String>,
    counted_at_millis: i64,
}

impl InUse {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a log filter reads a key.
    #[cfg(feature = "log")]
    pub(crate) fn record_log_key(&self, key: String) {
        insert(&mut self.keys().log, key);
    }

    /// Records keys that the program has evaluated.
    pub(crate) fn record_evaluated(&self, evaluated: impl IntoIterator<Item = String>) {
        let mut keys = self.keys();
        for key in evaluated {
            insert(&mut keys.evaluated, key);
        }
    }

    /// Counts the keys that are in use and were not counted within the interval.
    ///
    /// `live` contains the keys of live handles. `count` counts a key, and returns whether it did. It is called without
    /// holding the lock, because it evaluates the key.
    pub(crate) fn count(
        &self,
        live: Vec<String>,
        is_listening: bool,
        now_millis: i64,
        count: impl Fn(&str) -> bool,
    ) {
        let (uncounted, mut room) = self.uncounted(live, is_listening, now_millis);
        let mut counted = Vec::new();
        for key in uncounted {
            if room == 0 {
                break;
            }
            if count(&key) {
                room -= 1;
                counted.push(key);
            }
        }
        self.keys().counted.extend(counted);
    }

    /// Returns the keys that are in use and were not counted within the interval, and how many of them can be counted.
    fn uncounted(&self, live: Vec<String>, is_listening: bool, now_millis: i64) -> (HashSet<String>, usize) {
        let mut keys = self.keys();
        if now_millis.saturating_sub(keys.counted_at_millis) >= INTERVAL_MILLIS {
            keys.counted.clear();
            keys.counted_at_millis = now_millis;
        }
        let Keys { log, evaluated, counted, .. } = &*keys;
        let room = MAX_KEYS.saturating_sub(counted.len());
        if room == 0 {
            return (HashSet::new(), 0);
        }
        let evaluated = evaluated.iter().filter(|_| is_listening);
        let others = log.iter().chain(evaluated).filter(|key| !counted.contains(*key)).cloned();
        let live = live.into_iter().filter(|key| !counted.contains(key));
        (live.chain(others).collect(), room)
    }
}

fn insert(keys: &mut HashSet<String>, key: String) {
    if keys.len() < MAX_KEYS {
        keys.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const HOUR: i64 = INTERVAL_MILLIS;

    fn keys(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("key-{at}")).collect()
    }

    /// Counts the keys that are in use, and returns those that were counted.
    fn counted(in_use: &InUse, live: Vec<String>, is_listening: bool, now_millis: i64) -> Vec<String> {
        let counted = RefCell::new(Vec::new());
        in_use.count(live, is_listening, now_millis, |key| {
            assert!(in_use.0.try_lock().is_ok(), "a key is evaluated without holding the lock");
            counted.borrow_mut().push(key.to_owned());
            true
        });
        let mut counted = counted.into_inner();
        counted.sort_unstable();
        counted
    }

    #[test]
    fn a_key_in_use_is_counted_once_an_hour() {
        let in_use = InUse::default();
        in_use.record_evaluated(["evaluated".to_owned(), "live".to_owned()]);
        let live = || vec!["live".to_owned(), "live".to_owned()];
        assert_eq!(counted(&in_use, live(), false, HOUR), ["live"]);
        assert_eq!(counted(&in_use, live(), true, HOUR + 1), ["evaluated"]);
        assert!(counted(&in_use, live(), true, 2 * HOUR - 1).is_empty());
        assert_eq!(counted(&in_use, live(), true, 2 * HOUR), ["evaluated", "live"]);
    }

    #[test]
    fn keys_beyond_the_limit_are_not_counted() {
        let in_use = InUse::default();
        assert_eq!(counted(&in_use, keys(MAX_KEYS + 5), false, HOUR).len(), MAX_KEYS);
        assert!(counted(&in_use, keys(MAX_KEYS + 5), false, HOUR + 1).is_empty());
        assert_eq!(counted(&in_use, keys(MAX_KEYS + 5), false, 2 * HOUR).len(), MAX_KEYS);
    }

    #[test]
    fn a_key_that_could_not_be_counted_is_tried_again() {
        let in_use = InUse::default();
        in_use.count(keys(1), false, HOUR, |_| false);
        assert_eq!(counted(&in_use, keys(1), false, HOUR + 1), keys(1));
    }
}
