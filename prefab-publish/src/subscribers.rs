//! Who listens, and which change each of them has been handed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// How many deliveries are remembered for their times: several changes for thousands of clients.
const REMEMBERED: usize = 16_384;

/// How somebody listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// Events with protobuf in them, as SDKs want them.
    Sse,
    /// Events with JSON in them.
    SseJson,
    /// The historic gRPC service.
    Grpc,
}

/// The listeners of one environment.
pub struct Listeners {
    counts: Mutex<Counts>,
    /// The newest delivery times in microseconds, in a ring; `u32::MAX` where there is none yet.
    times: Box<[AtomicU32]>,
    next_time: AtomicUsize,
}

/// How many listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Listeners by the newest change they have been handed.
    pub by_version: BTreeMap<i64, usize>,
    /// Listeners by the form of their stream.
    pub by_manner: BTreeMap<Manner, usize>,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            times: (0..REMEMBERED).map(|_| AtomicU32::new(u32::MAX)).collect(),
            next_time: AtomicUsize::new(0),
        }
    }
}

impl Listeners {
    /// Counts one more, who knows everything up to a version, until it is dropped.
    pub fn join(self: &Arc<Self>, manner: Manner, version: i64) -> Listener {
        let mut counts = self.lock();
        *counts.by_version.entry(version).or_default() += 1;
        *counts.by_manner.entry(manner).or_default() += 1;
        Listener { all: Arc::clone(self), manner, version }
    }

    /// Returns how many streams are open now.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// Returns the remembered times that deliveries took, shortest first.
    pub fn times(&self) -> Vec<Duration> {
        let times = self.times.iter().map(|time| time.load(Ordering::Relaxed));
        let mut times: Vec<u32> = times.filter(|time| *time != u32::MAX).collect();
        times.sort_unstable();
        times.into_iter().map(|micros| Duration::from_micros(micros.into())).collect()
    }

    fn took(&self, time: Duration) {
        let at = self.next_time.fetch_add(1, Ordering::Relaxed) % self.times.len();
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX - 1).min(u32::MAX - 1);
        self.times[at].store(micros, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them.
pub struct Listener {
    all: Arc<Listeners>,
    manner: Manner,
    version: i64,
}

impl Listener {
    /// Counts them as having been handed everything up to a version, and remembers how long that took where it
    /// is known.
    pub fn received(&mut self, version: i64, took: Option<Duration>) {
        let mut counts = self.all.lock();
        leave(&mut counts.by_version, &self.version);
        *counts.by_version.entry(version).or_default() += 1;
        drop(counts);
        self.version = version;
        if let Some(took) = took {
            self.all.took(took);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut counts = self.all.lock();
        leave(&mut counts.by_version, &self.version);
        leave(&mut counts.by_manner, &self.manner);
    }
}

fn leave<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
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
    fn whoever_leaves_is_not_counted() {
        let all = Arc::new(Listeners::default());
        let mut first = all.join(Manner::Sse, 5);
        let second = all.join(Manner::Grpc, 5);
        first.received(7, Some(Duration::from_micros(30)));
        assert_eq!(all.counts().by_version, [(5, 1), (7, 1)].into());
        drop(second);
        assert_eq!(all.counts().by_manner, [(Manner::Sse, 1)].into());
        drop(first);
        assert!(all.counts().by_version.is_empty() && all.counts().by_manner.is_empty());
        assert_eq!(all.times(), [Duration::from_micros(30)]);
    }
}
