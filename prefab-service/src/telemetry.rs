//! What do clients report? Reports are counted in memory, within limits, and written to the store every 2 s.
//!
//! Start with [`Telemetry`]. Reports arrive as wire messages; the HTTP layer has decoded them. Call [`Telemetry::flush`]
//! before reading counts from the store, so that the result contains every acknowledged report.
//!
//! Front-end keys are public, so their reports are counted separately and may use half of each row limit. Entries beyond
//! a limit, and entries that the store cannot write for ten minutes, are dropped and counted.

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
use prefab_store::{RowLimits, Store, StoreError, UsageBatch, clock::Clock, key::KeyKind};

/// How often counts are written to the store.
const FLUSH_INTERVAL: Duration = Duration::from_secs(2);
/// Maximum number of entries per transaction, unless a single environment has more. Other work of the store waits for
/// each transaction.
const BATCH: usize = 5_000;
/// Maximum number of updates that a slow receiver may be behind.
const UPDATE_BACKLOG: usize = 64;
/// Maximum number of config keys in one update.
const MAX_KEYS: usize = 100;
/// Maximum number of example contexts per environment.
pub const MAX_EXAMPLES: i64 = 100;
/// Maximum number of context properties per environment.
pub const MAX_PROPERTIES: i64 = 5_000;

/// Buffer of reported counts that are not in the store yet.
pub struct Telemetry {
    settings: Settings,
    metrics: Metrics,
    clock: Clock,
    pending: Mutex<HashMap<ReportSource, PendingCounts>>,
    /// Serializes flushes, so that a flush returns after the one that runs already.
    writing: tokio::sync::Mutex<()>,
    updates: broadcast::Sender<Arc<UsageUpdate>>,
    /// The number of received reports, by environment.
    received: Mutex<HashMap<EnvironmentId, u64>>,
    dropped_by_clients: AtomicU64,
    losses: Losses,
}

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether contexts are stored. If not, reports of contexts are ignored.
    pub collect_contexts: bool,
    /// Maximum number of rows per environment.
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

/// The origin of a report. Reports of one source are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ReportSource {
    project: ProjectId,
    environment: EnvironmentId,
    /// Whether the reports come with front-end keys.
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

/// A notification that the store has new counts.
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
    pub fn new(settings: Settings, metrics: Metrics, clock: Clock) -> Self {
        Self {
            settings,
            metrics,
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            updates: broadcast::Sender::new(UPDATE_BACKLOG),
            received: Mutex::default(),
            dropped_by_clients: AtomicU64::new(0),
            losses: Losses::new(clock.clone()),
            clock,
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
        let now_millis = self.clock.now_millis();
        let dropped_by_clients =
            self.count(caller, |counts| counts.report(&caller.project, keep_contexts, events, now_millis));
        let add = |count: u64| Some(count.saturating_add(dropped_by_clients));
        // The closure never returns `None`, so the update cannot fail.
        let _ = self.dropped_by_clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Counts the contexts of an evaluation for a front end, because front ends do not report contexts.
    pub fn record_contexts(&self, caller: &Caller, contexts: &ContextSet, example: bool) {
        if !self.settings.collect_contexts {
            return;
        }
        self.count(caller, |counts| {
            counts.shapes_of(contexts);
            if example {
                counts.example(contexts, 0, self.clock.now_millis());
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

    /// Returns the row limits for reports of a source.
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

    /// Writes all pending counts to the store.
    ///
    /// A read of the store after this call sees every report that was acknowledged before it. If the store cannot write,
    /// the counts stay in memory for up to ten minutes and the next flush retries.
    pub async fn flush(&self, store: &dyn Store) {
        let _writing = self.writing.lock().await;
        let at_millis = self.clock.now_millis();
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

    /// Returns unwritten counts to the buffer, or drops them if writing has failed for too long.
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
            // Without a receiver there is no one to notify.
            let _ = self.updates.send(Arc::new(UsageUpdate { project, environment, keys }));
        }
    }

    /// Writes pending counts every 2 s, until `stop` becomes true.
    pub async fn flush_periodically(self: Arc<Self>, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.clock.sleep(FLUSH_INTERVAL) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.flush(&*store).await;
            self.losses.log();
        }
    }

    /// Writes the remaining counts when the server stops.
    pub async fn flush_on_shutdown(&self, store: &dyn Store) {
        self.flush(store).await;
        self.losses.log_now();
    }

    /// Subscribes to notifications of new counts.
    pub fn updates(&self) -> broadcast::Receiver<Arc<UsageUpdate>> {
        self.updates.subscribe()
    }

    /// Returns the number of reports received for an environment since the start.
    pub fn reports(&self, environment: EnvironmentId) -> u64 {
        self.received().get(&environment).copied().unwrap_or_default()
    }

    /// Returns the number of events that clients dropped before they were sent, as the clients report it.
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
