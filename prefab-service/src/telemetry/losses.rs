//! What was dropped, and since when the store cannot write: logged, but not for every report.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tracing::warn;

use prefab_store::StoreError;

/// How often losses are logged, at most.
const LOG_EVERY: Duration = Duration::from_secs(600);
/// For how long what could not be written is kept.
const RETRY_FOR: Duration = Duration::from_secs(600);

/// What was lost since it was last logged.
#[derive(Default)]
pub(super) struct Losses(Mutex<State>);

#[derive(Default)]
struct State {
    dropped: u64,
    error: Option<StoreError>,
    failing_since: Option<Instant>,
    logged: Option<Instant>,
}

impl Losses {
    pub(super) fn drop_entries(&self, count: u64) {
        let mut state = self.state();
        state.dropped = state.dropped.saturating_add(count);
    }

    pub(super) fn written(&self) {
        self.state().failing_since = None;
    }

    /// Remembers a failure; returns whether what could not be written is to be kept.
    pub(super) fn failed(&self, error: StoreError) -> bool {
        let mut state = self.state();
        state.error = Some(error);
        state.failing_since.get_or_insert_with(Instant::now).elapsed() < RETRY_FOR
    }

    /// Logs what was lost, unless that was done shortly before.
    pub(super) fn log(&self) {
        let is_soon = self.state().logged.is_some_and(|at| at.elapsed() < LOG_EVERY);
        if !is_soon {
            self.log_now();
        }
    }

    pub(super) fn log_now(&self) {
        let mut state = self.state();
        let (dropped, error) = (std::mem::take(&mut state.dropped), state.error.take());
        if let Some(error) = &error {
            warn!(%error, cause = ?std::error::Error::source(error), "telemetry cannot be written, retrying");
        }
        if dropped > 0 {
            warn!(dropped, "telemetry dropped: unknown config keys, or beyond a limit");
        }
        if dropped > 0 || error.is_some() {
            state.logged = Some(Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn unwritten_counts_are_kept_for_a_limited_time() {
        let losses = Losses::default();
        let failed = || losses.failed(StoreError::unavailable("writing", "it is full"));
        assert!(failed());
        tokio::time::advance(RETRY_FOR / 2).await;
        assert!(failed());
        tokio::time::advance(RETRY_FOR / 2).await;
        assert!(!failed());
        losses.written();
        assert!(failed(), "a later failure has its own time");
    }
}
