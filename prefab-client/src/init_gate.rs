//! Between a client that has just been made and one that has heard from its server.

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

/// What happens to calls that ask for a value when the server has not been heard from in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInitFailure {
    /// They return an error; those that cannot, answer with what there is.
    #[default]
    Raise,
    /// They answer with what there is: files, and the program's own values.
    Return,
}

/// Where callers wait for the first word of a server, for as long as they are told to.
pub(crate) struct InitGate {
    /// Whether nobody has to wait any more: all that a call looks at, mostly.
    is_open: AtomicBool,
    phase: Mutex<Phase>,
    changed: Condvar,
    /// Tells those that wait without a thread that the phase is another.
    phase_changes: watch::Sender<()>,
    on_failure: OnInitFailure,
    timeout: Duration,
    /// When waiting ends.
    deadline: Option<Instant>,
    /// The client's own thread, which would wait for itself.
    worker: OnceLock<ThreadId>,
    /// Whether somebody was told that async code is kept waiting.
    blocking_logged: AtomicBool,
}

/// How long a thread of a runtime may be kept before somebody is told.
const BLOCKING_WARNING_AFTER: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only a server keeps callers waiting"))]
pub(crate) enum Phase {
    /// Nothing has been heard; the last failure, if there was one.
    Waiting(Option<SourceError>),
    /// As before, and it is too late.
    TimedOut(Option<SourceError>),
    /// The key is refused.
    Unauthorized(SourceError),
    /// All is there, or the client is closed and nothing more will come.
    Open,
}

impl InitGate {
    /// Returns a gate that nobody has to wait at.
    pub(crate) fn open() -> Self {
        Self::new(Phase::Open, OnInitFailure::default(), Duration::ZERO)
    }

    /// Returns a gate to wait at for some time from now on.
    #[cfg(feature = "http")]
    pub(crate) fn closed(on_failure: OnInitFailure, timeout: Duration) -> Self {
        Self::new(Phase::Waiting(None), on_failure, timeout)
    }

    fn new(phase: Phase, on_failure: OnInitFailure, timeout: Duration) -> Self {
        Self {
            is_open: AtomicBool::new(matches!(phase, Phase::Open)),
            phase: Mutex::new(phase),
            changed: Condvar::new(),
            phase_changes: watch::channel(()).0,
            on_failure,
            timeout,
            deadline: Instant::now().checked_add(timeout),
            worker: OnceLock::new(),
            blocking_logged: AtomicBool::new(false),
        }
    }

    /// Tells whether nobody has to wait any more.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        // What was applied before the gate opened is to be seen by whoever passes.
        self.is_open.load(Ordering::Acquire)
    }

    /// Lets a call pass, at once or after a wait.
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
                "a thread of an async runtime was kept waiting for the server; build with `build_async`, or await \
                 `ready` first"
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
                // The worker says so as well, unless a listener keeps it.
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

    /// Waits as [`wait_ready`](Self::wait_ready) does, and keeps no thread.
    pub(crate) async fn wait_ready_async(&self) -> Result<(), Error> {
        let mut phase_changes = self.phase_changes.subscribe();
        loop {
            let outcome = self.outcome(&self.lock(), None);
            if let Some(outcome) = outcome {
                return outcome;
            }
            // The sender lives as long as this.
            let _ = phase_changes.changed().await;
        }
    }

    /// Returns what a caller gets to hear, unless it has to wait.
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
                timeout: self.timeout,
                cause,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that this thread is the one that opens the gate.
    pub(crate) fn register_worker(&self) {
        // One client has one worker.
        let _ = self.worker.set(thread::current().id());
    }

    /// Goes on to the next phase; an open gate stays open.
    pub(crate) fn set(&self, next: Phase) {
        let mut phase = self.lock();
        if matches!(*phase, Phase::Open) {
            return;
        }
        let lets_all_pass = match &next {
            Phase::Open => true,
            Phase::TimedOut(_) | Phase::Unauthorized(_) => self.on_failure == OnInitFailure::Return,
            Phase::Waiting(_) => false,
        };
        *phase = next;
        if lets_all_pass {
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
        /// Follows a server's state, until it is gone; returns once when it is ready for the first time.
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
