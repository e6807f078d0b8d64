//! A host that reads the real clock and environment.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::Host;

/// The host of a running program: the system clock, the environment variables of the process, and random numbers.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Host, SystemHost};
///
/// assert!(SystemHost.now_millis() > 1_700_000_000_000);
/// assert!((0.0..1.0).contains(&SystemHost.random()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemHost;

impl Host for SystemHost {
    #[expect(clippy::disallowed_methods, reason = "this host is the place that reads the clock")]
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// Returns the variable. One that is not valid UTF-8 is `None`; see
    /// [`is_env_var_malformed`](Host::is_env_var_malformed).
    #[expect(clippy::disallowed_methods, reason = "this host is the place that reads the environment")]
    fn env_var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[expect(clippy::disallowed_methods, reason = "this host is the place that reads the environment")]
    fn is_env_var_malformed(&self, name: &str) -> bool {
        matches!(std::env::var(name), Err(std::env::VarError::NotUnicode(_)))
    }

    /// Returns a random number. It is not suitable for cryptography.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    fn random(&self) -> f64 {
        // Each state has other keys, so its hash of no bytes is a random number, without a dependency on a random number crate.
        let bits = RandomState::new().build_hasher().finish() >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_are_spread_over_the_whole_range() {
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
            let at = (SystemHost.random() * 10.0) as usize;
            tenths[at] += 1;
        }
        assert!(tenths.iter().all(|count| (700..1_300).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_variable_that_is_not_set_is_absent() {
        assert_eq!(SystemHost.env_var("PREFAB_EVAL_TEST_UNSET"), None);
    }
}
