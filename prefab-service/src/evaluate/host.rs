//! The host of evaluations on the server.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use prefab_eval::Host;

use super::cache::DependsOn;

/// The host of front-end evaluations. It hides the environment variables of the server.
///
/// It records whether the evaluation read the clock or chance. Without either, equal inputs give an equal result.
pub(crate) struct FrontEnd {
    now_millis: i64,
    used_clock: AtomicBool,
    used_chance: AtomicBool,
}

impl FrontEnd {
    pub(crate) fn new(now_millis: i64) -> Self {
        Self { now_millis, used_clock: AtomicBool::new(false), used_chance: AtomicBool::new(false) }
    }

    pub(crate) fn depends_on(&self) -> DependsOn {
        if self.used_chance.load(Relaxed) {
            DependsOn::Chance
        } else if self.used_clock.load(Relaxed) {
            DependsOn::Clock
        } else {
            DependsOn::Inputs
        }
    }
}

impl Host for FrontEnd {
    fn now_millis(&self) -> i64 {
        self.used_clock.store(true, Relaxed);
        self.now_millis
    }

    fn env_var(&self, _: &str) -> Option<String> {
        None
    }

    fn random(&self) -> f64 {
        self.used_chance.store(true, Relaxed);
        let random = getrandom::u32().unwrap_or_default();
        f64::from(random) / (f64::from(u32::MAX) + 1.0)
    }
}
