//! Configs that a program uses without evaluating them.
//!
//! A live handle and a log filter read a config when it changes, and a listener may do the same. The server would list
//! their configs as unused, so each report interval of an hour counts one evaluation of each.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How often a config that is in use is counted.
const INTERVAL_MILLIS: i64 = 60 * 60 * 1_000;

/// The maximum number of keys of each kind. Further keys are counted only when they are evaluated.
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
    pub(crate) fn record_evaluated<'k>(&self, evaluated: impl Iterator<Item = &'k str>) {
        let mut keys = self.keys();
        for key in evaluated {
            if !keys.evaluated.contains(key) {
                insert(&mut keys.evaluated, key.to_owned());
            }
        }
    }

    /// Counts the keys that are in use and were not counted within the interval.
    ///
    /// `in_use` contains the keys of live handles. `count` counts a key, and returns whether it did.
    pub(crate) fn count(
        &self,
        mut in_use: Vec<String>,
        is_listening: bool,
        now_millis: i64,
        count: impl Fn(&str) -> bool,
    ) {
        let mut keys = self.keys();
        if now_millis.saturating_sub(keys.counted_at_millis) >= INTERVAL_MILLIS {
            keys.counted.clear();
            keys.counted_at_millis = now_millis;
        }
        in_use.extend(keys.log.iter().cloned());
        if is_listening {
            in_use.extend(keys.evaluated.iter().cloned());
        }
        for key in in_use {
            if !keys.counted.contains(&key) && count(&key) {
                insert(&mut keys.counted, key);
            }
        }
    }
}

fn insert(keys: &mut HashSet<String>, key: String) {
    if keys.len() < MAX_KEYS {
        keys.insert(key);
    }
}
