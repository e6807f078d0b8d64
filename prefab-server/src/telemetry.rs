//! What do clients report? Counted in memory, bounded, and written down every few moments.
//!
//! Start with [`Telemetry`]. Reports come in as wire messages, whatever their encoding was. Whoever wants to
//! read has everything written down first, so that nobody misses what has been acknowledged.

mod counts;
pub(crate) mod json;
mod shown;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use prefab_core::ContextSet;
use prefab_proto::wire;
use tokio::sync::{broadcast, watch};
use tracing::warn;

use crate::{
    clock,
    ids::{EnvironmentId, ProjectId},
    metrics::Metrics,
    project::Project,
    store::{Observed, Store, StoreError},
};
use counts::Counts;

/// How often counts are written down when nobody asks.
const WRITE_DOWN_EVERY: Duration = Duration::from_secs(2);
/// How often old counts are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// How many hints a slow listener may fall behind.
const BACKLOG: usize = 64;
/// How many keys one hint names.
const MOST_KEYS: usize = 100;

/// What clients reported and is not written down yet.
pub(crate) struct Telemetry {
    settings: Settings,
    pending: Mutex<HashMap<(ProjectId, EnvironmentId), Counts>>,
    /// Held while counts are written down, so that whoever waits finds them written.
    writing: tokio::sync::Mutex<()>,
    hints: broadcast::Sender<Arc<Hint>>,
    /// Reports taken in, by environment.
    received: Mutex<HashMap<EnvironmentId, u64>>,
    dropped_by_clients: AtomicU64,
}

/// What is kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) evaluations_days: u32,
    pub(crate) collect_contexts: bool,
}

/// Says that there are new counts.
#[derive(Debug)]
pub(crate) struct Hint {
    pub(crate) project: ProjectId,
    pub(crate) environment: EnvironmentId,
    /// Some of the keys that were evaluated.
    pub(crate) keys: Vec<String>,
}

impl Telemetry {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            hints: broadcast::Sender::new(BACKLOG),
            received: Mutex::default(),
            dropped_by_clients: AtomicU64::new(0),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    /// Takes in a report.
    pub(crate) fn record(
        &self,
        environment: EnvironmentId,
        project: &Project,
        metrics: &Metrics,
        events: wire::TelemetryEvents,
    ) {
        *self.received().entry(environment).or_default() += 1;
        let mut pending = self.pending();
        let counts = pending.entry((project.id, environment)).or_default();
        let before = counts.dropped;
        let keep_contexts = self.settings.collect_contexts;
        let dropped_by_clients = counts.report(project, keep_contexts, events, clock::now_millis());
        metrics.telemetry_dropped.inc_by(counts.dropped - before);
        self.dropped_by_clients.fetch_add(dropped_by_clients, Ordering::Relaxed);
    }

    /// Takes in the contexts of an evaluation made for a front end, which reports none itself.
    pub(crate) fn record_contexts(
        &self,
        environment: EnvironmentId,
        project: ProjectId,
        contexts: &ContextSet,
        example: bool,
    ) {
        if !self.settings.collect_contexts {
            return;
        }
        let mut pending = self.pending();
        let counts = pending.entry((project, environment)).or_default();
        counts.shapes_of(contexts);
        if example {
            counts.example(contexts, 0, clock::now_millis());
        }
    }

    /// Writes down what is not yet; whoever reads afterwards sees all that was acknowledged before.
    pub(crate) async fn flush(&self, store: &dyn Store) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let at_millis = clock::now_millis();
        let mut taken: Vec<((ProjectId, EnvironmentId), Counts)> = Vec::new();
        for (place, counts) in self.pending().iter_mut() {
            let news = counts.take();
            if !news.is_empty() {
                taken.push((*place, news));
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        let observed = taken.iter().map(|(place, counts)| counts.observed(*place, at_millis));
        let observed: Vec<Observed> = observed.collect();
        if let Err(error) = store.observe(observed).await {
            let mut pending = self.pending();
            for (place, counts) in taken {
                pending.entry(place).or_default().put_back(counts);
            }
            return Err(error);
        }
        for ((project, environment), counts) in &taken {
            let keys = counts.keys(MOST_KEYS);
            if !keys.is_empty() {
                // Nobody listening is no error.
                let _ =
                    self.hints.send(Arc::new(Hint { project: *project, environment: *environment, keys }));
            }
        }
        Ok(())
    }

    /// Writes down and forgets until `stop` says so.
    pub(crate) async fn keep(self: Arc<Self>, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(WRITE_DOWN_EVERY);
        let mut forgotten: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let mut done = self.flush(&*store).await;
            if forgotten.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
                forgotten = Some(Instant::now());
                let days = i64::from(self.settings.evaluations_days);
                let before = clock::now_millis() - days * 24 * crate::store::HOUR_MILLIS;
                done = done.and(store.forget_before(before).await);
            }
            if let Err(error) = done {
                warn!(%error, "what clients reported could not be written down; it is tried again");
            }
        }
    }

    /// Returns hints of new counts, from now on.
    pub(crate) fn hints(&self) -> broadcast::Receiver<Arc<Hint>> {
        self.hints.subscribe()
    }

    /// Returns how many reports of an environment were taken in.
    pub(crate) fn reports(&self, environment: EnvironmentId) -> u64 {
        self.received().get(&environment).copied().unwrap_or_default()
    }

    /// Returns how much clients say they dropped themselves.
    pub(crate) fn dropped_by_clients(&self) -> u64 {
        self.dropped_by_clients.load(Ordering::Relaxed)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<(ProjectId, EnvironmentId), Counts>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self) -> MutexGuard<'_, HashMap<EnvironmentId, u64>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
