//! The clock, environment and random numbers of the system.

use std::time::{SystemTime, UNIX_EPOCH};

use prefab_eval::Host;

/// The clock, environment and random numbers of the system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemHost;

impl Host for SystemHost {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        crate::env::var(name)
    }

    fn is_env_var_malformed(&self, name: &str) -> bool {
        crate::env::is_malformed(name)
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}
