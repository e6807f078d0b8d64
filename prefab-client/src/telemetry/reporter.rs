//! The task that reports to the server.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use prefab_eval::Host as _;
use prefab_sources::{ReportSink, SourceError, backoff::Backoff};
use tokio::time::sleep;

use super::{
    Recorder,
    parts::{Part, parts},
};
use crate::{
    engine::Engine,
    host::SystemHost,
    log_target::LOG,
    stop::{Stop, stopped},
};

/// Sends reports at intervals and when the client ends.
///
/// It keeps one report until it is sent or discarded. Until then, new counts stay in the recorder, whose memory is
/// limited.
pub(crate) struct Reporter {
    recorder: Arc<Recorder>,
    sink: ReportSink,
    /// Identifies this client among those of the project.
    instance: String,
    interval: Option<Duration>,
    waits: Backoff,
    /// The intervals after a failure, if they are shorter.
    retries: Backoff,
    /// The messages of the current report that have not been sent.
    pending: VecDeque<Part>,
    /// How often the first of them was sent without success.
    attempts: u32,
    /// Whether a loss was logged since the last success.
    loss_logged: bool,
}

const FIRST_WAIT: Duration = Duration::from_secs(8);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The minimum interval: an interval of zero must not keep a processor busy.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// After this number of attempts a message is discarded. With the default interval this takes at least a minute.
const MAX_ATTEMPTS: u32 = 5;

/// Returns a random UUID, as the official clients send one.
///
/// It is read from the system, because forked processes share the state of the parent's generator.
fn instance() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = fastrand::u128(..).to_be_bytes();
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

impl Reporter {
    pub(crate) fn new(recorder: Arc<Recorder>, sink: ReportSink, interval: Option<Duration>) -> Self {
        let waits = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        Self {
            recorder,
            sink,
            instance: instance(),
            interval,
            retries: waits.clone(),
            waits,
            pending: VecDeque::new(),
            attempts: 0,
            loss_logged: false,
        }
    }

    /// Reports until it is stopped, and then once more.
    pub(crate) async fn run(mut self, engine: Weak<Engine>, stop: Stop) {
        loop {
            let wait = self.next_wait();
            tokio::select! {
                () = stopped(stop.clone()) => break,
                () = sleep(wait) => self.report(&engine).await,
            }
        }
        self.report(&engine).await;
        if let Some(entries) = self.pending.iter().map(|part| part.entries).reduce(u64::saturating_add) {
            tracing::warn!(target: LOG, entries, "telemetry discarded because the client has ended");
        }
    }

    fn next_wait(&mut self) -> Duration {
        let regular = match self.interval {
            Some(interval) => interval.max(SHORTEST_WAIT),
            None => self.waits.next(fastrand::f64()),
        };
        if self.pending.is_empty() { regular } else { regular.min(self.retries.next(fastrand::f64())) }
    }

    /// Sends the rest of the last report, and then what has been counted since.
    async fn report(&mut self, engine: &Weak<Engine>) {
        self.send_pending().await;
        if self.pending.is_empty() {
            self.pending = self.drain(engine);
            self.send_pending().await;
        }
    }

    fn drain(&self, engine: &Weak<Engine>) -> VecDeque<Part> {
        if let Some(engine) = engine.upgrade() {
            self.count_in_use(&engine);
        }
        let report = self.recorder.drain();
        if report.is_empty() { VecDeque::new() } else { parts(report.to_wire(&self.instance)).into() }
    }

    /// Counts the configs that the program uses without evaluating them.
    fn count_in_use(&self, engine: &Engine) {
        let Recorder { telemetry, in_use, .. } = &*self.recorder;
        let rules = engine.rules();
        let is_listening = engine.listeners.is_listening();
        in_use.count(engine.live_keys(), is_listening, SystemHost.now_millis(), |key| {
            let evaluation = rules.evaluate(key, &engine.global_contexts(), &engine.host);
            evaluation.is_ok_and(|evaluation| {
                telemetry.count_in_use(&evaluation);
                true
            })
        });
    }

    /// Sends message by message, until one fails with an error that a retry may resolve.
    async fn send_pending(&mut self) {
        while let Some(part) = self.pending.front() {
            match self.sink.send(&part.message).await {
                Ok(()) => {
                    self.retries.reset();
                    self.loss_logged = false;
                }
                Err(error) if error.is_retryable() && self.attempts + 1 < MAX_ATTEMPTS => {
                    self.attempts += 1;
                    tracing::debug!(target: LOG, %error, attempts = self.attempts, "telemetry report failed, retrying");
                    return;
                }
                Err(error) => self.discard(&error, part.entries),
            }
            self.pending.pop_front();
            self.attempts = 0;
        }
    }

    /// Counts the loss, which the next report contains, and logs it once per outage.
    fn discard(&mut self, error: &SourceError, entries: u64) {
        self.recorder.count_dropped(entries);
        if !std::mem::replace(&mut self.loss_logged, true) {
            tracing::warn!(target: LOG, %error, entries, "telemetry report failed, discarding it");
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("instance", &self.instance).finish_non_exhaustive()
    }
}
