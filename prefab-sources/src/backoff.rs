//! Delays between retries.

use std::time::Duration;

/// Delays that double, with random jitter.
///
/// The maximum delay is 1 s, then 2, 4, 8, 16 and 30 s. Each delay is random in the upper half of its maximum. After a long
/// outage, the clients of a server therefore reconnect spread over 15 s, and none waits longer than 30 s.
///
/// Call [`reset`](Self::reset) when a connection has worked for a while, not when it opens: otherwise a server that
/// accepts and drops connections is flooded.
///
/// # Examples
///
/// ```
/// use prefab_sources::backoff::Backoff;
///
/// let mut backoff = Backoff::default();
/// let delays: Vec<u128> = (0..7).map(|_| backoff.next(0.5).as_millis()).collect();
/// assert_eq!(delays, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
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
    /// Returns delays whose maximum doubles from `first` to `longest`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_sources::backoff::Backoff;
    ///
    /// let backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(300));
    /// assert_eq!(backoff.ceiling(), Duration::from_secs(8));
    /// ```
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, ceiling: first.min(longest) }
    }

    /// Returns the next delay. `random` is in `0.0..1.0`; other values are clamped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_sources::backoff::Backoff;
    ///
    /// let mut backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(300));
    /// assert_eq!(backoff.next(0.0), Duration::from_secs(4));
    /// assert_eq!(backoff.next(0.0), Duration::from_secs(8));
    /// ```
    pub fn next(&mut self, random: f64) -> Duration {
        let ceiling = self.ceiling;
        self.ceiling = ceiling.saturating_mul(2).min(self.longest);
        let random = if random.is_nan() { 0.0 } else { random.clamp(0.0, 1.0) };
        ceiling.mul_f64(0.5 + random / 2.0)
    }

    /// Returns the maximum of the next delay.
    pub fn ceiling(&self) -> Duration {
        self.ceiling
    }

    /// Starts again with the first delay.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_sources::backoff::Backoff;
    ///
    /// let mut backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(300));
    /// backoff.next(0.5);
    /// assert_eq!(backoff.ceiling(), Duration::from_secs(16));
    /// backoff.reset();
    /// assert_eq!(backoff.ceiling(), Duration::from_secs(8));
    /// ```
    pub fn reset(&mut self) {
        self.ceiling = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_double_up_to_the_longest_and_start_again_after_a_reset() {
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
        fn a_delay_is_in_the_upper_half_of_its_maximum(tries in 0usize..100, random in any::<f64>()) {
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
