//! Dropped telemetry and failed writes. Both are logged at most every ten minutes, not for every report.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::warn;

use prefab_store::{StoreError, clock::Clock};

/// Minimum time between two log entries.
const LOG_INTERVAL_MILLIS: i64 = 600_000;
/// How long counts that the store cannot write stay in memory.
const RETRY_MILLIS: i64 = 600_000;

/// Dropped entries and the last error, since the last log entry.
pub(super) struct Losses {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    dropped: u64,
    error: Option<StoreError>,
    failing_since_millis: Option<i64>,
    logged_at_millis: Option<i64>,
}

impl Losses {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    pub(super) fn drop_entries(&self, count: u64) {
        let mut state = self.state();
        state.dropped = state.dropped.saturating_add(count);
    }

    /// Records that everything was written.
    pub(super) fn written(&self) {
        self.state().failing_since_millis = None;
    }

    /// Records a failed write. Returns whether the unwritten counts should be kept.
    pub(super) fn failed(&self, error: StoreError) -> bool {
        let now = self.clock.now_millis();
        let mut state = self.state();
        state.error = Some(error);
        now - *state.failing_since_millis.get_or_insert(now) < RETRY_MILLIS
    }

    /// Logs the losses, unless the last log entry is less than ten minutes old.
    pub(super) fn log(&self) {
        let now = self.clock.now_millis();
        if self.state().logged_at_millis.is_none_or(|at| now - at >= LOG_INTERVAL_MILLIS) {
            self.log_now();
        }
    }

    pub(super) fn log_now(&self) {
        let mut state = self.state();
        let (dropped, error) = (std::mem::take(&mut state.dropped), state.error.take());
        if let Some(error) = &error {
            warn!(%error, cause = ?std::error::Error::source(error), "writing telemetry failed, retrying");
        }
        if dropped > 0 {
            warn!(dropped, "telemetry dropped: unknown config keys, or more than a limit allows");
        }
        if dropped > 0 || error.is_some() {
            state.logged_at_millis = Some(self.clock.now_millis());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn unwritten_counts_are_kept_for_a_limited_time() {
        let clock = Clock::stepped(1_000);
        let losses = Losses::new(clock.clone());
        let failed = || losses.failed(StoreError::unavailable("writing", "it is full"));
        assert!(failed());
        clock.step(Duration::from_secs(599));
        assert!(failed());
        clock.step(Duration::from_secs(1));
        assert!(!failed());
        losses.written();
        assert!(failed(), "a later failure has its own time");
    }
}
