//! Blocks calls until the first response of the server, a timeout or a rejected API key.

use std::{
    fmt,
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use prefab_sources::SourceError;
use tokio::sync::watch;

use crate::{Error, log_target::LOG};

/// What calls return if the server has not responded in time, or rejects the API key; see
/// [`ClientBuilder::on_init_failure`](crate::ClientBuilder::on_init_failure).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInitFailure {
    /// An error. Calls that cannot return an error evaluate the local configs.
    #[default]
    Raise,
    /// The result of the local configs: files and the values of the program.
    Return,
}

/// The initialization gate: calls wait here for the first response of the server, until the timeout.
pub(crate) struct InitGate {
    /// Whether calls pass without a wait: the only field that most calls read.
    is_open: AtomicBool,
    phase: Mutex<Phase>,
    changed: Condvar,
    /// Wakes async callers when the phase changes.
    phase_changes: watch::Sender<()>,
    on_failure: OnInitFailure,
    /// The address of the server; empty for an open gate.
    url: String,
    timeout: Duration,
    /// When waiting ends; `None` for never.
    deadline: Option<Instant>,
    /// The client's own thread, which must not wait for itself.
    worker: OnceLock<ThreadId>,
    /// Whether a blocked async runtime has been logged.
    blocking_logged: AtomicBool,
}

/// A call that blocks a thread of an async runtime for longer than this is logged.
const BLOCKING_WARNING_AFTER: Duration = Duration::from_millis(500);

/// The phases of the initialization.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only a server delays calls"))]
pub(crate) enum Phase {
    /// No response yet; the last failure, if any.
    Waiting(Option<SourceError>),
    /// No response before the timeout; the last failure, if any.
    TimedOut(Option<SourceError>),
    /// The server rejected the API key.
    Unauthorized(SourceError),
    /// The server has responded, or the client is closed.
    Open,
}

impl InitGate {
    /// Returns a gate that is open.
    pub(crate) fn open() -> Self {
        Self::new(Phase::Open, OnInitFailure::default(), String::new(), Duration::ZERO)
    }

    /// Returns a gate that is closed until the server at `url` responds or the timeout, counted from now.
    #[cfg(feature = "http")]
    pub(crate) fn closed(on_failure: OnInitFailure, url: &str, timeout: Duration) -> Self {
        Self::new(Phase::Waiting(None), on_failure, url.to_owned(), timeout)
    }

    fn new(phase: Phase, on_failure: OnInitFailure, url: String, timeout: Duration) -> Self {
        Self {
            is_open: AtomicBool::new(matches!(phase, Phase::Open)),
            phase: Mutex::new(phase),
            changed: Condvar::new(),
            phase_changes: watch::channel(()).0,
            on_failure,
            url,
            timeout,
            deadline: Instant::now().checked_add(timeout),
            worker: OnceLock::new(),
            blocking_logged: AtomicBool::new(false),
        }
    }

    /// Returns whether calls pass without a wait.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        // Acquire: a caller that passes must see what was applied before the gate opened.
        self.is_open.load(Ordering::Acquire)
    }

    /// Returns when the gate is open, or the reason why it stays closed. Blocks the thread.
    #[inline]
    pub(crate) fn wait_ready(&self, key: &str) -> Result<(), Error> {
        if self.is_open() { Ok(()) } else { self.wait(key) }
    }

    #[cold]
    fn wait(&self, key: &str) -> Result<(), Error> {
        if self.worker.get() == Some(&thread::current().id()) {
            return Ok(());
        }
        let begun = Instant::now();
        let outcome = self.wait_for_outcome(key);
        let waited = begun.elapsed();
        if waited > BLOCKING_WARNING_AFTER
            && tokio::runtime::Handle::try_current().is_ok()
            && !self.blocking_logged.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                target: LOG,
                key,
                ?waited,
                "call blocked a thread of an async runtime; build the client with build_async, or await ready first"
            );
        }
        outcome
    }

    fn wait_for_outcome(&self, key: &str) -> Result<(), Error> {
        let mut phase = self.lock();
        loop {
            if let Some(outcome) = self.outcome(&phase, Some(key)) {
                return outcome;
            }
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            phase = match left {
                // The worker sets the same phase, unless a listener blocks it.
                Some(Duration::ZERO) => return self.timeout_outcome(&phase, Some(key)),
                Some(left) => {
                    let (phase, _) =
                        self.changed.wait_timeout(phase, left).unwrap_or_else(PoisonError::into_inner);
                    phase
                }
                None => self.changed.wait(phase).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Waits like [`wait_ready`](Self::wait_ready), without blocking a thread.
    pub(crate) async fn wait_ready_async(&self) -> Result<(), Error> {
        if self.is_open() {
            return Ok(());
        }
        let mut phase_changes = self.phase_changes.subscribe();
        loop {
            let outcome = self.outcome(&self.lock(), None);
            if let Some(outcome) = outcome {
                return outcome;
            }
            // Never an error: the sender lives as long as `self`.
            let _ = phase_changes.changed().await;
        }
    }

    /// Returns the result of a call, or `None` if it must wait.
    fn outcome(&self, phase: &Phase, key: Option<&str>) -> Option<Result<(), Error>> {
        match phase {
            Phase::Waiting(_) => None,
            Phase::Open => Some(Ok(())),
            Phase::TimedOut(_) => Some(self.timeout_outcome(phase, key)),
            Phase::Unauthorized(cause) => Some(match self.on_failure {
                OnInitFailure::Raise => Err(Error::Unauthorized(cause.clone())),
                OnInitFailure::Return => Ok(()),
            }),
        }
    }

    fn timeout_outcome(&self, phase: &Phase, key: Option<&str>) -> Result<(), Error> {
        let cause = match phase {
            Phase::Waiting(cause) | Phase::TimedOut(cause) => cause.clone(),
            Phase::Unauthorized(_) | Phase::Open => None,
        };
        match self.on_failure {
            OnInitFailure::Return => Ok(()),
            OnInitFailure::Raise => Err(Error::InitializationTimeout {
                key: key.map(ToOwned::to_owned),
                url: self.url.clone(),
                timeout: self.timeout,
                cause,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the current thread as the one that opens the gate. It never waits.
    pub(crate) fn register_worker(&self) {
        // Set once: a client has one worker.
        let _ = self.worker.set(thread::current().id());
    }

    /// Enters the next phase. An open gate stays open.
    pub(crate) fn set(&self, next: Phase) {
        let mut phase = self.lock();
        if matches!(*phase, Phase::Open) {
            return;
        }
        let opens = match &next {
            Phase::Open => true,
            Phase::TimedOut(_) | Phase::Unauthorized(_) => self.on_failure == OnInitFailure::Return,
            Phase::Waiting(_) => false,
        };
        *phase = next;
        if opens {
            self.is_open.store(true, Ordering::Release);
        }
        drop(phase);
        self.changed.notify_all();
        self.phase_changes.send_replace(());
    }
}

impl fmt::Debug for InitGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitGate").field("phase", &*self.lock()).finish_non_exhaustive()
    }
}

#[cfg(feature = "http")]
mod opening {
    use prefab_sources::RemoteState;
    use tokio::time::{Instant as TokioInstant, sleep_until};

    use super::{InitGate, Phase, watch};

    impl InitGate {
        /// Follows the state of a server. Returns when it is ready for the first time, or when the source has ended.
        pub(crate) async fn follow(&self, state: &mut watch::Receiver<RemoteState>) {
            let late = async {
                match self.deadline {
                    Some(deadline) => sleep_until(TokioInstant::from_std(deadline)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::pin!(late);
            let mut is_late = false;
            loop {
                let now = state.borrow_and_update().clone();
                match now {
                    RemoteState::Ready { .. } => return self.set(Phase::Open),
                    RemoteState::Connecting => {}
                    RemoteState::Failed(cause) if is_late => self.set(Phase::TimedOut(Some(cause))),
                    RemoteState::Failed(cause) => self.set(Phase::Waiting(Some(cause))),
                    RemoteState::Unauthorized(cause) => self.set(Phase::Unauthorized(cause)),
                }
                tokio::select! {
                    changed = state.changed() => if changed.is_err() { return },
                    () = &mut late, if !is_late => {
                        is_late = true;
                        self.mark_timed_out();
                    }
                }
            }
        }

        fn mark_timed_out(&self) {
            let cause = match &*self.lock() {
                Phase::Waiting(cause) => cause.clone(),
                _ => return,
            };
            self.set(Phase::TimedOut(cause));
        }
    }
}
