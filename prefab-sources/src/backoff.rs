//! How long to wait before trying again.

use std::time::Duration;

/// Waits that double, and that no two clients share.
///
/// The ceiling of a wait is 1 s, then 2, 4, 8, 16 and 30 s for as long as it fails; the wait itself is drawn
/// from the upper half below the ceiling, so a server that comes back after a long outage meets its clients
/// spread over 15 s, and none waits longer than 30 s. [`reset`](Self::reset) begins again at 1 s; it is for
/// when something has worked for a while, not for the first sign of life, so that a server that accepts
/// everybody and drops them again is not stormed.
///
/// ```
/// use prefab_sources::backoff::Backoff;
///
/// let mut backoff = Backoff::default();
/// let waits: Vec<u128> = (0..7).map(|_| backoff.next(0.5).as_millis()).collect();
/// assert_eq!(waits, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    ceiling: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(30))
    }
}

impl Backoff {
    /// Returns waits whose ceilings double from `first` to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, ceiling: first.min(longest) }
    }

    /// Returns the next wait. `random` is in `0.0..1.0`; anything else counts as the nearer end.
    pub fn next(&mut self, random: f64) -> Duration {
        let ceiling = self.ceiling;
        self.ceiling = ceiling.saturating_mul(2).min(self.longest);
        let random = if random.is_nan() { 0.0 } else { random.clamp(0.0, 1.0) };
        ceiling.mul_f64(0.5 + random / 2.0)
    }

    /// Returns the longest that the next wait can be.
    pub fn ceiling(&self) -> Duration {
        self.ceiling
    }

    /// Begins again.
    pub fn reset(&mut self) {
        self.ceiling = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again_after_a_reset() {
        let mut backoff = Backoff::default();
        let ceilings = |backoff: &mut Backoff, count| -> Vec<u64> {
            (0..count).map(|_| (backoff.ceiling().as_secs(), backoff.next(0.0)).0).collect()
        };
        assert_eq!(ceilings(&mut backoff, 8), [1, 2, 4, 8, 16, 30, 30, 30]);
        backoff.reset();
        assert_eq!(ceilings(&mut backoff, 2), [1, 2]);
    }

    proptest! {
        #[test]
        fn a_wait_is_in_the_upper_half_below_its_ceiling(tries in 0usize..100, random in any::<f64>()) {
            let mut backoff = Backoff::default();
            for _ in 0..tries {
                backoff.next(0.3);
            }
            let ceiling = backoff.ceiling();
            let wait = backoff.next(random);
            prop_assert!(ceiling / 2 <= wait && wait <= ceiling, "{wait:?} of {ceiling:?}");
        }
    }
}
