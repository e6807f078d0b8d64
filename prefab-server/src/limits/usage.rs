//! Per-key accounting: open streams and telemetry bytes per minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Limits;

/// What each key uses of its bounds.
#[derive(Clone)]
pub(crate) struct Usage {
    limits: Arc<Limits>,
    keys: Arc<Mutex<HashMap<i64, Used>>>,
}

#[derive(Default)]
struct Used {
    streams: usize,
    window: Option<Instant>,
    telemetry_bytes: usize,
    second: Option<Instant>,
    evaluations: usize,
}

const WINDOW: Duration = Duration::from_secs(60);

impl Usage {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits: Arc::new(limits), keys: Arc::default() }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns a permit for one stream, given back when it is dropped.
    pub(crate) fn stream(&self, key_id: i64) -> Option<StreamPermit> {
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.streams >= self.limits.streams_per_key {
            return None;
        }
        used.streams += 1;
        Some(StreamPermit { usage: self.clone(), key_id })
    }

    /// Counts bytes of telemetry; tells whether they are within the bound.
    pub(crate) fn telemetry(&self, key_id: i64, bytes: usize, now: Instant) -> bool {
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.window.is_none_or(|start| now.duration_since(start) >= WINDOW) {
            (used.window, used.telemetry_bytes) = (Some(now), 0);
        }
        used.telemetry_bytes = used.telemetry_bytes.saturating_add(bytes);
        used.telemetry_bytes <= self.limits.telemetry_bytes_per_minute
    }

    /// Counts an evaluation that has to be computed; returns whether it is within the bound.
    pub(crate) fn evaluation(&self, key_id: i64, now: Instant) -> bool {
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.second.is_none_or(|start| now.duration_since(start) >= Duration::from_secs(1)) {
            (used.second, used.evaluations) = (Some(now), 0);
        }
        used.evaluations = used.evaluations.saturating_add(1);
        used.evaluations <= self.limits.evaluations_per_second
    }

    /// Returns how many streams are open.
    pub(crate) fn streams(&self) -> usize {
        self.keys().values().map(|used| used.streams).sum()
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<i64, Used>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open stream.
pub(crate) struct StreamPermit {
    usage: Usage,
    key_id: i64,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        if let Some(used) = self.usage.keys().get_mut(&self.key_id) {
            used.streams = used.streams.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_ends_makes_room() {
        let usage = Usage::new(Limits { streams_per_key: 2, ..Limits::default() });
        let (one, two) = (usage.stream(7), usage.stream(7));
        assert!(one.is_some() && two.is_some() && usage.stream(7).is_none());
        assert!(usage.stream(8).is_some(), "another key has its own bound");
        drop(one);
        assert!(usage.stream(7).is_some());
    }

    #[test]
    fn telemetry_is_bounded_by_the_minute() {
        let usage = Usage::new(Limits { telemetry_bytes_per_minute: 100, ..Limits::default() });
        let start = Instant::now();
        assert!(usage.telemetry(7, 100, start));
        assert!(!usage.telemetry(7, 1, start + Duration::from_secs(59)));
        assert!(usage.telemetry(7, 1, start + WINDOW));
    }
}
