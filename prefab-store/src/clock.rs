//! The time, from the system or from a test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A source of the current time. Cloning it is cheap, and clones of a stepped clock show the same time.
///
/// ```
/// use std::time::Duration;
/// use prefab_store::clock::Clock;
///
/// let clock = Clock::stepped(5_000);
/// clock.step(Duration::from_secs(1));
/// assert_eq!(clock.now_millis(), 6_000);
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// The microseconds since 1970.
    Stepped(Arc<AtomicI64>),
}

impl Clock {
    /// Returns the clock of the system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a clock that shows this time, in milliseconds since 1970, until it is stepped.
    pub fn stepped(at_millis: i64) -> Self {
        Self(Source::Stepped(Arc::new(AtomicI64::new(at_millis.saturating_mul(1_000)))))
    }

    /// Steps the clock forward. The clock of the system stays as it is.
    pub fn step(&self, by: Duration) {
        if let Source::Stepped(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Returns the microseconds since 1970. A system clock set before 1970 counts as 1970.
    pub fn now_micros(&self) -> i64 {
        match &self.0 {
            Source::System => now_micros(),
            Source::Stepped(micros) => micros.load(Ordering::Relaxed),
        }
    }

    /// Returns the milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.now_micros() / 1_000
    }
}

/// Returns the microseconds since 1970 by the clock of the system. A clock set before 1970 counts as 1970.
pub fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Returns the milliseconds since 1970 by the clock of the system.
pub fn now_millis() -> i64 {
    now_micros() / 1_000
}

/// Returns how long it is until a moment, in milliseconds since 1970. Returns at least a millisecond, so that a task
/// that waits for it does not wake up too early.
pub fn until(at_millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_millis.saturating_sub(now_millis())).unwrap_or_default().max(1))
}
