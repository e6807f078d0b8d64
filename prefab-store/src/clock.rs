//! The current time, from the system or from a test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::{sync::watch, time::sleep};

/// The longest time that [`Clock::sleep_until`] sleeps before it reads the clock again, in case the clock was set.
const MAX_SLEEP: Duration = Duration::from_secs(3_600);

/// A source of the current time. Cloning it is cheap, and clones of a stepped clock show the same time.
///
/// Everything that reads the time has a clock, so that a test can step it instead of waiting.
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
    Stepped(watch::Sender<i64>),
}

impl Clock {
    /// Returns the clock of the system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns a clock that shows this time, in milliseconds since 1970, until it is stepped.
    pub fn stepped(at_millis: i64) -> Self {
        Self(Source::Stepped(watch::Sender::new(at_millis.saturating_mul(1_000))))
    }

    /// Returns whether this is the clock of the system. A store whose database has a clock uses that one in its place.
    pub fn is_system(&self) -> bool {
        matches!(self.0, Source::System)
    }

    /// Steps the clock forward and wakes the tasks whose time has come. Does nothing to the clock of the system.
    pub fn step(&self, by: Duration) {
        if let Source::Stepped(micros) = &self.0 {
            micros.send_modify(|micros| *micros = micros.saturating_add(as_micros(by)));
        }
    }

    /// Returns the microseconds since 1970. A system clock set before 1970 counts as 1970.
    pub fn now_micros(&self) -> i64 {
        match &self.0 {
            Source::System => now_micros(),
            Source::Stepped(micros) => *micros.borrow(),
        }
    }

    /// Returns the milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.now_micros() / 1_000
    }

    /// Waits for a time span. Setting the clock of the system does not change the span.
    pub async fn sleep(&self, span: Duration) {
        match &self.0 {
            Source::System => sleep(span).await,
            Source::Stepped(micros) => {
                let at = self.now_micros().saturating_add(as_micros(span));
                wait_until(micros, at).await;
            }
        }
    }

    /// Waits until the clock shows a time, in milliseconds since 1970.
    ///
    /// If the clock of the system is set during the wait, the call notices it within an hour.
    pub async fn sleep_until(&self, at_millis: i64) {
        match &self.0 {
            Source::System => {
                while let Ok(left @ 1..) = u64::try_from(at_millis.saturating_sub(self.now_millis())) {
                    sleep(Duration::from_millis(left).min(MAX_SLEEP)).await;
                }
            }
            Source::Stepped(micros) => wait_until(micros, at_millis.saturating_mul(1_000)).await,
        }
    }
}

async fn wait_until(micros: &watch::Sender<i64>, at: i64) {
    // The sender lives as long as the borrow, so the wait cannot fail.
    let _ = micros.subscribe().wait_for(|now| *now >= at).await;
}

fn as_micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Returns the microseconds since 1970 by the clock of the system. A clock set before 1970 counts as 1970.
pub fn now_micros() -> i64 {
    as_micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Returns the milliseconds since 1970 by the clock of the system.
pub fn now_millis() -> i64 {
    now_micros() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_wakes_the_sleepers_whose_time_has_come() {
        let clock = Clock::stepped(1_000);
        clock.sleep_until(1_000).await;
        let stepping = clock.clone();
        let (slept, ()) = tokio::join!(
            async {
                clock.sleep(Duration::from_millis(500)).await;
                clock.now_millis()
            },
            async move {
                stepping.step(Duration::from_millis(499));
                tokio::task::yield_now().await;
                stepping.step(Duration::from_millis(2));
            }
        );
        assert_eq!(slept, 1_501);
    }
}
