//! Usage per API key: open streams, telemetry per minute, evaluations per second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Limits;
use prefab_store::key::KeyKind;

/// The usage of the limits, per API key and per caller of the management API.
#[derive(Clone)]
pub struct Usage {
    limits: Arc<Limits>,
    keys: Arc<Mutex<HashMap<i64, Used>>>,
    event_streams: Arc<Mutex<HashMap<Principal, usize>>>,
    delayed: Arc<Semaphore>,
}

/// A caller of the management API whose event streams are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An admin key, by id.
    Key(i64),
    /// A management token, by id.
    Token(i64),
    /// A person, by id. All sessions of a person count together.
    Person(i64),
}

#[derive(Default)]
struct Used {
    streams: usize,
    window: Option<Instant>,
    telemetry_bytes: usize,
    second: Option<Instant>,
    evaluations: usize,
    ofrep_second: Option<Instant>,
    ofrep_requests: usize,
}

const WINDOW: Duration = Duration::from_secs(60);

impl Usage {
    /// Creates the accounting for these limits, with nothing in use.
    pub fn new(limits: Limits) -> Self {
        let delayed = Arc::new(Semaphore::new(limits.delayed_responses.min(Semaphore::MAX_PERMITS)));
        Self { limits: Arc::new(limits), keys: Arc::default(), event_streams: Arc::default(), delayed }
    }

    /// Returns the limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns a permit for one stream, or `None` at the limit. Dropping the permit releases it.
    pub fn stream(&self, key_id: i64) -> Option<StreamPermit> {
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.streams >= self.limits.streams_per_key {
            return None;
        }
        used.streams += 1;
        Some(StreamPermit { usage: self.clone(), owner: Owner::Key(key_id) })
    }

    /// Returns a permit for one event stream of the management API, or `None` at the limit. Dropping the permit releases
    /// it.
    pub fn event_stream(&self, principal: Principal) -> Option<StreamPermit> {
        let mut streams = self.event_streams();
        let open = streams.get(&principal).copied().unwrap_or_default();
        if open >= self.limits.event_streams_per_principal {
            return None;
        }
        streams.insert(principal, open + 1);
        Some(StreamPermit { usage: self.clone(), owner: Owner::Principal(principal) })
    }

    /// Returns a permit to delay one response, or `None` at the limit. Dropping the permit releases it.
    pub fn delayed_response(&self) -> Option<DelayPermit> {
        Some(DelayPermit { _permit: Arc::clone(&self.delayed).try_acquire_owned().ok()? })
    }

    /// Counts bytes of telemetry. Returns whether they are within the limit.
    pub fn telemetry(&self, key_id: i64, kind: KeyKind, bytes: usize, now: Instant) -> bool {
        let limit = match kind {
            KeyKind::Frontend => self.limits.front_end_telemetry_bytes_per_minute,
            KeyKind::Backend | KeyKind::Admin => self.limits.telemetry_bytes_per_minute,
        };
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.window.is_none_or(|start| now.duration_since(start) >= WINDOW) {
            (used.window, used.telemetry_bytes) = (Some(now), 0);
        }
        used.telemetry_bytes = used.telemetry_bytes.saturating_add(bytes);
        used.telemetry_bytes <= limit
    }

    /// Counts an evaluation that has to be computed; returns whether it is within the bound.
    pub fn evaluation(&self, key_id: i64, now: Instant) -> bool {
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.second.is_none_or(|start| now.duration_since(start) >= Duration::from_secs(1)) {
            (used.second, used.evaluations) = (Some(now), 0);
        }
        used.evaluations = used.evaluations.saturating_add(1);
        used.evaluations <= self.limits.evaluations_per_second
    }

    /// Counts an OFREP request. Returns whether it is within the limit.
    pub fn ofrep_request(&self, key_id: i64, now: Instant) -> bool {
        let Some(limit) = self.limits.ofrep_requests_per_second else { return true };
        let mut keys = self.keys();
        let used = keys.entry(key_id).or_default();
        if used.ofrep_second.is_none_or(|start| now.duration_since(start) >= Duration::from_secs(1)) {
            (used.ofrep_second, used.ofrep_requests) = (Some(now), 0);
        }
        used.ofrep_requests = used.ofrep_requests.saturating_add(1);
        used.ofrep_requests <= limit
    }

    /// Returns how many streams are open.
    pub fn streams(&self) -> usize {
        let of_keys: usize = self.keys().values().map(|used| used.streams).sum();
        of_keys + self.event_streams().values().sum::<usize>()
    }

    fn event_streams(&self) -> MutexGuard<'_, HashMap<Principal, usize>> {
        self.event_streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<i64, Used>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One delayed response.
pub struct DelayPermit {
    _permit: OwnedSemaphorePermit,
}

/// One open stream.
pub struct StreamPermit {
    usage: Usage,
    owner: Owner,
}

/// What a stream counts for.
enum Owner {
    Key(i64),
    Principal(Principal),
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        match self.owner {
            Owner::Key(id) => {
                if let Some(used) = self.usage.keys().get_mut(&id) {
                    used.streams = used.streams.saturating_sub(1);
                }
            }
            Owner::Principal(principal) => {
                let mut streams = self.usage.event_streams();
                let left = streams.get(&principal).map_or(0, |open| open.saturating_sub(1));
                if left == 0 {
                    streams.remove(&principal)
                } else {
                    streams.insert(principal, left)
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_stream_releases_its_permit() {
        let usage = Usage::new(Limits { streams_per_key: 2, ..Limits::default() });
        let (one, two) = (usage.stream(7), usage.stream(7));
        assert!(one.is_some() && two.is_some() && usage.stream(7).is_none());
        assert!(usage.stream(8).is_some(), "another key has its own bound");
        drop(one);
        assert!(usage.stream(7).is_some());
    }

    #[test]
    fn delayed_responses_are_bounded() {
        let usage = Usage::new(Limits { delayed_responses: 1, ..Limits::default() });
        let delayed = usage.delayed_response();
        assert!(delayed.is_some() && usage.delayed_response().is_none());
        drop(delayed);
        assert!(usage.delayed_response().is_some());
    }

    #[test]
    fn event_streams_are_counted_by_principal() {
        let usage = Usage::new(Limits { event_streams_per_principal: 1, ..Limits::default() });
        let stream = usage.event_stream(Principal::Person(7));
        assert!(stream.is_some() && usage.event_stream(Principal::Person(7)).is_none());
        let others = [Principal::Token(7), Principal::Key(7)].map(|other| usage.event_stream(other));
        assert!(others.iter().all(Option::is_some));
        assert_eq!(usage.streams(), 3);
        drop((stream, others));
        assert_eq!(usage.streams(), 0);
        assert!(usage.event_stream(Principal::Person(7)).is_some());
    }

    #[test]
    fn telemetry_is_bounded_by_the_minute() {
        let limits = Limits {
            telemetry_bytes_per_minute: 100,
            front_end_telemetry_bytes_per_minute: 10,
            ..Limits::default()
        };
        let usage = Usage::new(limits);
        let start = Instant::now();
        assert!(usage.telemetry(7, KeyKind::Backend, 100, start));
        assert!(!usage.telemetry(7, KeyKind::Backend, 1, start + Duration::from_secs(59)));
        assert!(usage.telemetry(7, KeyKind::Backend, 1, start + WINDOW));
        assert!(usage.telemetry(8, KeyKind::Frontend, 10, start));
        assert!(!usage.telemetry(8, KeyKind::Frontend, 1, start));
    }
}
