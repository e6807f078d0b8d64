//! The task that tells the server.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use prefab_sources::{ReportSink, SourceError, backoff::Backoff};
use tokio::time::sleep;

use super::{
    Recorder,
    parts::{Part, parts},
};
use crate::{
    log_target::LOG,
    stop::{Stop, stopped},
};

/// Sends what was recorded, from time to time and at the end.
///
/// It holds on to one report until that is sent or given up; what is recorded meanwhile stays with the recorder,
/// whose memory is bounded.
pub(crate) struct Reporter {
    recorder: Arc<Recorder>,
    sink: ReportSink,
    /// Tells this client from others of the project.
    instance: String,
    interval: Option<Duration>,
    waits: Backoff,
    /// The waits after a failure, where they are shorter.
    retries: Backoff,
    /// What is left of the report that the server is being told.
    pending: VecDeque<Part>,
    /// How often the first part of it was sent in vain.
    attempts: u32,
    /// Whether a loss was logged since the last success.
    loss_logged: bool,
}

const FIRST_WAIT: Duration = Duration::from_secs(8);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Between reports at least; whoever asks for none at all is not to keep a processor busy.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// After this many attempts, a minute at least where no interval is set, a report is given up.
const MAX_ATTEMPTS: u32 = 5;

/// Returns a random UUID, as official clients send one.
///
/// From the system: processes that were forked off have their parent's generator, and would all draw the same.
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

    /// Reports until it is told to stop, and then once more.
    pub(crate) async fn run(mut self, stop: Stop) {
        loop {
            let wait = self.next_wait();
            tokio::select! {
                () = stopped(stop.clone()) => break,
                () = sleep(wait) => self.report().await,
            }
        }
        self.report().await;
        if let Some(entries) = self.pending.iter().map(|part| part.entries).reduce(u64::saturating_add) {
            tracing::warn!(target: LOG, entries, "telemetry lost: the client has ended");
        }
    }

    fn next_wait(&mut self) -> Duration {
        let regular = match self.interval {
            Some(interval) => interval.max(SHORTEST_WAIT),
            None => self.waits.next(fastrand::f64()),
        };
        if self.pending.is_empty() { regular } else { regular.min(self.retries.next(fastrand::f64())) }
    }

    /// Sends what is left of the last report, and then what has been recorded since.
    async fn report(&mut self) {
        self.send_pending().await;
        if self.pending.is_empty() {
            self.pending = self.drain();
            self.send_pending().await;
        }
    }

    fn drain(&self) -> VecDeque<Part> {
        let report = self.recorder.drain();
        if report.is_empty() { VecDeque::new() } else { parts(report.to_wire(&self.instance)).into() }
    }

    /// Sends part after part, up to one that the server may take another time.
    async fn send_pending(&mut self) {
        while let Some(part) = self.pending.front() {
            match self.sink.send(&part.message).await {
                Ok(()) => {
                    self.retries.reset();
                    self.loss_logged = false;
                }
                Err(error) if error.is_retryable() && self.attempts + 1 < MAX_ATTEMPTS => {
                    self.attempts += 1;
                    tracing::debug!(target: LOG, %error, attempts = self.attempts, "telemetry is sent again later");
                    return;
                }
                Err(error) => self.discard(&error, part.entries),
            }
            self.pending.pop_front();
            self.attempts = 0;
        }
    }

    /// The server is told as soon as it listens, the log once for each time that it does not.
    fn discard(&mut self, error: &SourceError, entries: u64) {
        self.recorder.count_dropped(entries);
        if !std::mem::replace(&mut self.loss_logged, true) {
            tracing::warn!(target: LOG, %error, entries, "telemetry lost");
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("instance", &self.instance).finish_non_exhaustive()
    }
}
