//! The open streams of an environment, and the newest change that each of them has sent.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Number of recent delivery times that are kept: several changes for thousands of clients.
const DELIVERY_TIMES: usize = 16_384;

/// The protocol of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// Server-sent events with protobuf, for SDKs.
    Sse,
    /// Server-sent events with JSON.
    SseJson,
    /// The gRPC service of old SDKs.
    Grpc,
    /// Notifications for OpenFeature clients in browsers.
    Ofrep,
    /// Server-sent events with all configs as JSON, for Quonfig SDKs.
    Quonfig,
}

/// The open streams of one environment.
#[derive(Default)]
pub struct Subscribers {
    counts: Mutex<SubscriberCounts>,
    /// The newest delivery times in microseconds, as a ring buffer. `u32::MAX` is an empty entry.
    /// Allocated with the first delivery.
    times: OnceLock<Box<[AtomicU32]>>,
    next_time: AtomicUsize,
}

/// The number of open streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriberCounts {
    /// Streams by the newest change that they have sent.
    pub by_version: BTreeMap<i64, usize>,
    /// Streams by protocol.
    pub by_protocol: BTreeMap<Protocol, usize>,
}

impl Subscribers {
    /// Counts a stream whose client has everything up to a version, until the guard is dropped.
    pub fn add(self: &Arc<Self>, protocol: Protocol, version: i64) -> SubscriberGuard {
        let mut counts = self.lock();
        *counts.by_version.entry(version).or_default() += 1;
        *counts.by_protocol.entry(protocol).or_default() += 1;
        SubscriberGuard { all: Arc::clone(self), protocol, version }
    }

    /// Returns the number of open streams.
    pub fn counts(&self) -> SubscriberCounts {
        self.lock().clone()
    }

    /// Returns whether a stream of a protocol is open.
    pub fn has(&self, protocol: Protocol) -> bool {
        self.lock().by_protocol.contains_key(&protocol)
    }

    /// Returns the recent delivery times, shortest first.
    pub fn delivery_times(&self) -> Vec<Duration> {
        let times =
            self.times.get().map_or(&[][..], |times| times).iter().map(|time| time.load(Ordering::Relaxed));
        let mut times: Vec<u32> = times.filter(|time| *time != u32::MAX).collect();
        times.sort_unstable();
        times.into_iter().map(|micros| Duration::from_micros(micros.into())).collect()
    }

    fn record_delivery_time(&self, time: Duration) {
        let times =
            self.times.get_or_init(|| (0..DELIVERY_TIMES).map(|_| AtomicU32::new(u32::MAX)).collect());
        let at = self.next_time.fetch_add(1, Ordering::Relaxed) % times.len();
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX - 1).min(u32::MAX - 1);
        times[at].store(micros, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, SubscriberCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one open stream until it is dropped.
pub struct SubscriberGuard {
    all: Arc<Subscribers>,
    protocol: Protocol,
    version: i64,
}

impl SubscriberGuard {
    /// Records that the client has everything up to a version, and how long the delivery took if that is known.
    pub fn delivered(&mut self, version: i64, took: Option<Duration>) {
        let mut counts = self.all.lock();
        decrement(&mut counts.by_version, &self.version);
        *counts.by_version.entry(version).or_default() += 1;
        drop(counts);
        self.version = version;
        if let Some(took) = took {
            self.all.record_delivery_time(took);
        }
    }
}

impl Drop for SubscriberGuard {
    fn drop(&mut self) {
        let mut counts = self.all.lock();
        decrement(&mut counts.by_version, &self.version);
        decrement(&mut counts.by_protocol, &self.protocol);
    }
}

fn decrement<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_subscribers_are_not_counted() {
        let all = Arc::new(Subscribers::default());
        let mut first = all.add(Protocol::Sse, 5);
        let second = all.add(Protocol::Grpc, 5);
        first.delivered(7, Some(Duration::from_micros(30)));
        assert_eq!(all.counts().by_version, [(5, 1), (7, 1)].into());
        drop(second);
        assert_eq!(all.counts().by_protocol, [(Protocol::Sse, 1)].into());
        drop(first);
        assert!(all.counts().by_version.is_empty() && all.counts().by_protocol.is_empty());
        assert_eq!(all.delivery_times(), [Duration::from_micros(30)]);
    }
}
