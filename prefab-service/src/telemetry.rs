//! What do clients report? Counted in memory, bounded, and written to the store every few moments.
//!
//! Start with [`Telemetry`]. Reports arrive as wire messages, whatever their encoding was. Whatever reads counts has
//! [`Telemetry::flush`] write them first, so that everything that was acknowledged is in the answer.
//!
//! Anybody can send reports with a front-end key, so such reports are counted apart from the others and may use half of
//! each row limit. What finds no room, and what cannot be written, is dropped and counted.

pub mod json;
mod losses;
mod pending_counts;
mod redact;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prefab_core::ContextSet;
use prefab_proto::wire;
use tokio::sync::{broadcast, watch};

use crate::{limits::Limits, metrics::Metrics, project_cache::Caller};
use losses::Losses;
use pending_counts::PendingCounts;
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{RowLimits, Store, StoreError, UsageBatch, clock, key::KeyKind};

/// How often counts are written down when nobody asks.
const FLUSH_INTERVAL: Duration = Duration::from_secs(2);
/// How many entries the store writes in one transaction, besides those of a single environment. Other work of the
/// store waits for each.
const BATCH: usize = 5_000;
/// How many hints a slow listener may fall behind.
const UPDATE_BACKLOG: usize = 64;
/// How many keys one hint names.
const MAX_KEYS: usize = 100;
/// How many example contexts are kept per environment.
pub const MAX_EXAMPLES: i64 = 100;
/// How many properties of contexts are kept per environment.
pub const MAX_PROPERTIES: i64 = 5_000;

/// What clients reported and is not written down yet.
pub struct Telemetry {
    settings: Settings,
    metrics: Metrics,
    pending: Mutex<HashMap<ReportSource, PendingCounts>>,
    /// Held while counts are written down, so that whoever waits finds them written.
    writing: tokio::sync::Mutex<()>,
    updates: broadcast::Sender<Arc<UsageUpdate>>,
    /// Reports taken in, by environment.
    received: Mutex<HashMap<EnvironmentId, u64>>,
    dropped_by_clients: AtomicU64,
    losses: Losses,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether contexts are stored. If not, reports of contexts are ignored.
    pub collect_contexts: bool,
    /// How many rows each environment may have.
    pub rows: RowLimits,
}

impl Settings {
    /// Creates the settings from the limits of the server.
    pub fn new(collect_contexts: bool, limits: &Limits) -> Self {
        let rows = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let rows = RowLimits {
            evaluations: rows(limits.evaluation_rows_per_hour),
            loggers: rows(limits.logger_rows),
            properties: MAX_PROPERTIES,
            examples: MAX_EXAMPLES,
        };
        Self { collect_contexts, rows }
    }
}

/// Where reports are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ReportSource {
    project: ProjectId,
    environment: EnvironmentId,
    /// Whether they come with front-end keys.
    is_public: bool,
}

impl ReportSource {
    fn of(caller: &Caller) -> Self {
        Self {
            project: caller.project.id,
            environment: caller.environment,
            is_public: caller.kind == KeyKind::Frontend,
        }
    }
}

/// Says that there are new counts.
#[derive(Debug)]
pub struct UsageUpdate {
    /// The project.
    pub project: ProjectId,
    /// The environment.
    pub environment: EnvironmentId,
    /// Some of the keys that were evaluated.
    pub keys: Vec<String>,
}

impl Telemetry {
    /// Creates an empty telemetry buffer.
    pub fn new(settings: Settings, metrics: Metrics) -> Self {
        Self {
            settings,
            metrics,
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            updates: broadcast::Sender::new(UPDATE_BACKLOG),
            received: Mutex::default(),
            dropped_by_clients: AtomicU64::new(0),
            losses: Losses::default(),
        }
    }

    /// Returns the settings.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Counts a report.
    pub fn record(&self, caller: &Caller, events: wire::TelemetryEvents) {
        *self.received().entry(caller.environment).or_default() += 1;
        let keep_contexts = self.settings.collect_contexts;
        let now_millis = clock::now_millis();
        let dropped_by_clients =
            self.count(caller, |counts| counts.report(&caller.project, keep_contexts, events, now_millis));
        let add = |count: u64| Some(count.saturating_add(dropped_by_clients));
        // It always gives a number, so it never fails.
        let _ = self.dropped_by_clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Counts the contexts of an evaluation made for a front end, which reports none itself.
    pub fn record_contexts(&self, caller: &Caller, contexts: &ContextSet, example: bool) {
        if !self.settings.collect_contexts {
            return;
        }
        self.count(caller, |counts| {
            counts.shapes_of(contexts);
            if example {
                counts.example(contexts, 0, clock::now_millis());
            }
        });
    }

    fn count<T>(&self, caller: &Caller, count: impl FnOnce(&mut PendingCounts) -> T) -> T {
        let source = ReportSource::of(caller);
        let mut pending = self.pending();
        let counts = pending.entry(source).or_insert_with(|| PendingCounts::new(source, self.share(source)));
        let before = counts.dropped;
        let counted = count(counts);
        let dropped = counts.dropped.saturating_sub(before);
        drop(pending);
        self.drop_entries(dropped);
        counted
    }

    /// Returns how many rows such reports may use.
    fn share(&self, source: ReportSource) -> RowLimits {
        let rows @ RowLimits { evaluations, loggers, properties, examples } = self.settings.rows;
        if !source.is_public {
            return rows;
        }
        RowLimits {
            evaluations: evaluations / 2,
            loggers: loggers / 2,
            properties: properties / 2,
            examples: examples / 2,
        }
    }

    fn drop_entries(&self, count: u64) {
        self.metrics.telemetry_dropped.inc_by(count);
        self.losses.drop_entries(count);
    }

    /// Writes what is not written yet. A read afterwards sees all that was acknowledged before, unless the store cannot
    /// write at the moment: then it is tried again.
    pub async fn flush(&self, store: &dyn Store) {
        let _writing = self.writing.lock().await;
        let at_millis = clock::now_millis();
        let taken =
            self.pending().values_mut().map(PendingCounts::take).filter(|counts| counts.len() > 0).collect();
        let mut taken: Vec<PendingCounts> = taken;
        while !taken.is_empty() {
            let mut entries = 0;
            let is_next = |counts: &&PendingCounts| {
                entries += counts.len();
                entries <= BATCH
            };
            let count = taken.iter().take_while(is_next).count().max(1);
            let limits = self.settings.rows;
            let observed = taken[..count].iter().map(|counts| counts.to_batch(limits, at_millis));
            let observed: Vec<UsageBatch> = observed.collect();
            match store.record_usage(observed).await {
                Ok(dropped) => self.drop_entries(dropped),
                Err(error) => return self.put_back(taken, error),
            }
            for counts in taken.drain(..count) {
                self.send_update(&counts);
            }
        }
        self.losses.written();
    }

    /// Keeps what could not be written for the next time, or drops it where that has failed for too long.
    fn put_back(&self, unwritten: Vec<PendingCounts>, error: StoreError) {
        let is_kept = self.losses.failed(error);
        let mut dropped = 0;
        let mut pending = self.pending();
        for counts in unwritten {
            let source = counts.source();
            if is_kept {
                let known =
                    pending.entry(source).or_insert_with(|| PendingCounts::new(source, self.share(source)));
                let before = known.dropped;
                known.put_back(counts);
                dropped += known.dropped.saturating_sub(before);
            } else {
                dropped += counts.len() as u64;
            }
        }
        drop(pending);
        self.drop_entries(dropped);
    }

    fn send_update(&self, counts: &PendingCounts) {
        let keys = counts.keys(MAX_KEYS);
        if !keys.is_empty() {
            let ReportSource { project, environment, is_public: _ } = counts.source();
            // Nobody listening is no error.
            let _ = self.updates.send(Arc::new(UsageUpdate { project, environment, keys }));
        }
    }

    /// Writes every few moments until `stop` says so.
    pub async fn flush_periodically(self: Arc<Self>, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.flush(&*store).await;
            self.losses.log();
        }
    }

    /// Writes what is left when the server stops.
    pub async fn flush_on_shutdown(&self, store: &dyn Store) {
        self.flush(store).await;
        self.losses.log_now();
    }

    /// Returns hints of new counts, from now on.
    pub fn updates(&self) -> broadcast::Receiver<Arc<UsageUpdate>> {
        self.updates.subscribe()
    }

    /// Returns how many reports of an environment were taken in.
    pub fn reports(&self, environment: EnvironmentId) -> u64 {
        self.received().get(&environment).copied().unwrap_or_default()
    }

    /// Returns how much clients say they dropped themselves.
    pub fn dropped_by_clients(&self) -> u64 {
        self.dropped_by_clients.load(Ordering::Relaxed)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<ReportSource, PendingCounts>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self) -> MutexGuard<'_, HashMap<EnvironmentId, u64>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
