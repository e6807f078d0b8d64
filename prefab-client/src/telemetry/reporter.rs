//! The task that tells the server.

use std::{fmt, sync::Arc, time::Duration};

use prefab_sources::{ReportSink, backoff::Backoff};
use prost::Message as _;
use tokio::time::sleep;

use super::Recorder;
use crate::{
    client::LOG,
    worker::{Stop, stopped},
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
    undelivered: Option<Undelivered>,
    /// Whether a loss was logged since the last success.
    has_warned: bool,
}

/// A report that the server has not taken yet.
struct Undelivered {
    message: Vec<u8>,
    entries: u64,
    tries: u32,
}

const FIRST_WAIT: Duration = Duration::from_secs(8);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Between reports at least; whoever asks for none at all is not to keep a processor busy.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// After this many tries, a minute at least where no interval is set, a report is given up.
const MAX_TRIES: u32 = 5;

impl Reporter {
    pub(super) fn new(recorder: Arc<Recorder>, sink: ReportSink, interval: Option<Duration>) -> Self {
        let waits = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        Self {
            recorder,
            sink,
            instance: format!("{:032x}", fastrand::u128(..)),
            interval,
            retries: waits.clone(),
            waits,
            undelivered: None,
            has_warned: false,
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
    }

    fn next_wait(&mut self) -> Duration {
        let regular = match self.interval {
            Some(interval) => interval.max(SHORTEST_WAIT),
            None => self.waits.next(fastrand::f64()),
        };
        match self.undelivered {
            Some(_) => regular.min(self.retries.next(fastrand::f64())),
            None => regular,
        }
    }

    /// Sends the report that is left over, where there is one, and then what has been recorded since.
    async fn report(&mut self) {
        if let Some(left_over) = self.undelivered.take() {
            self.deliver(left_over).await;
        }
        if self.undelivered.is_none()
            && let Some(fresh) = self.take()
        {
            self.deliver(fresh).await;
        }
    }

    fn take(&self) -> Option<Undelivered> {
        let report = self.recorder.drain();
        if report.is_empty() {
            return None;
        }
        let message = report.to_wire(&self.instance).encode_to_vec();
        let entries = u64::try_from(report.entries()).unwrap_or(u64::MAX).saturating_add(report.dropped);
        Some(Undelivered { message, entries, tries: 0 })
    }

    async fn deliver(&mut self, mut report: Undelivered) {
        let Err(error) = self.sink.send(&report.message).await else {
            self.retries.reset();
            self.has_warned = false;
            return;
        };
        report.tries += 1;
        if error.is_retryable() && report.tries < MAX_TRIES {
            tracing::debug!(target: LOG, %error, tries = report.tries, "telemetry is sent again later");
            self.undelivered = Some(report);
            return;
        }
        // The server is told as soon as it listens, the log once for each time that it does not.
        self.recorder.record_drops(report.entries);
        if !std::mem::replace(&mut self.has_warned, true) {
            tracing::warn!(target: LOG, %error, entries = report.entries, "telemetry lost");
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("instance", &self.instance).finish_non_exhaustive()
    }
}
