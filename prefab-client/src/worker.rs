//! The thread that applies updates.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::{Arc, Weak},
    thread::{self, JoinHandle},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::SelectAll};
use prefab_sources::ConfigSource;
use tokio::{runtime, sync::watch};

#[cfg(feature = "http")]
use crate::ClientStatus;
use crate::{
    Error,
    engine::Engine,
    init_gate::Phase,
    stop::{Stop, stopped},
    subscription::call,
};

/// What a worker runs.
pub(crate) struct Work {
    pub(crate) sources: Vec<Box<dyn ConfigSource>>,
    /// The state of the server, whose first response opens the gate.
    #[cfg(feature = "http")]
    pub(crate) remote: Option<watch::Receiver<prefab_sources::RemoteState>>,
    /// Sends telemetry reports to the server.
    #[cfg(feature = "telemetry")]
    pub(crate) reporter: Option<crate::telemetry::Reporter>,
    /// Called when the gate opens.
    pub(crate) on_ready: Option<Box<dyn FnOnce() + Send>>,
}

impl Work {
    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.on_ready.is_none()
    }
}

/// A thread with a small async runtime of its own, so that the client never blocks a runtime of the caller and needs none.
///
/// It ends when it is stopped or dropped, and when no client is left.
#[derive(Debug)]
pub(crate) struct Worker {
    /// `None` after a stop.
    running: Option<Running>,
    /// The process of the thread. A forked process has no threads of its parent.
    process: u32,
}

#[derive(Debug)]
struct Running {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(engine: &Arc<Engine>, work: Work) -> Result<Self, Error> {
        let failed = |cause: std::io::Error| Error::Worker { cause: cause.to_string() };
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let engine = Arc::downgrade(engine);
        let thread = thread::Builder::new()
            .name("prefab".to_owned())
            .spawn(move || {
                let run = AssertUnwindSafe(|| runtime.block_on(run(&engine, work, stopped)));
                if catch_unwind(run).is_err()
                    && let Some(engine) = engine.upgrade()
                {
                    engine.mark_worker_dead();
                }
                // Do not wait for blocking tasks such as a DNS lookup or a write of the cache.
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self { running: Some(Running { stop, thread }), process: process::id() })
    }

    /// Stops the thread and waits for its end, unless it is the current thread.
    pub(crate) fn stop(mut self) {
        let Some(Running { stop, thread }) = self.running.take_if(|_| process::id() == self.process) else {
            return;
        };
        // An error means that the thread has already ended.
        let _ = stop.send(true);
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }

    /// Stops the thread and waits for its end, without blocking.
    pub(crate) async fn stop_async(mut self) {
        let Some(Running { stop, thread: _ }) = self.running.take_if(|_| process::id() == self.process)
        else {
            return;
        };
        let _ = stop.send(true);
        // The receivers are dropped when the last report has been sent.
        stop.closed().await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.process != process::id() {
            // The thread belongs to the parent process: do not wake it, and do not wait for it.
            std::mem::forget(self.running.take());
        }
    }
}

#[cfg_attr(not(feature = "telemetry"), expect(unused_mut, reason = "with telemetry the reporter is taken"))]
async fn run(engine: &Weak<Engine>, mut work: Work, stop: Stop) {
    #[cfg(feature = "telemetry")]
    let reporting =
        work.reporter.take().map(|reporter| tokio::spawn(reporter.run(Weak::clone(engine), stop.clone())));
    tokio::select! {
        () = stopped(stop.clone()) => {}
        () = follow(engine, work) => {}
    }
    // No more updates will arrive, so no call may wait for one.
    if let Some(engine) = engine.upgrade() {
        engine.gate.set(Phase::Open);
    }
    #[cfg(feature = "telemetry")]
    if let Some(reporting) = reporting {
        stopped(stop).await;
        if tokio::time::timeout(FINAL_REPORT_TIMEOUT, reporting).await.is_err() {
            tracing::warn!(target: crate::log_target::LOG, "final telemetry report did not finish before shutdown");
        }
    }
}

/// How long the last report may delay the end of a client.
#[cfg(feature = "telemetry")]
const FINAL_REPORT_TIMEOUT: Duration = Duration::from_secs(2);

async fn follow(engine: &Weak<Engine>, work: Work) {
    if let Some(engine) = engine.upgrade() {
        engine.gate.register_worker();
    }
    let Work {
        sources,
        on_ready,
        #[cfg(feature = "http")]
        remote,
        #[cfg(feature = "telemetry")]
            reporter: _,
    } = work;
    let ready = async {
        #[cfg(feature = "http")]
        if let Some(mut state) = remote
            && let Some(engine) = engine.upgrade()
        {
            engine.gate.follow(&mut state).await;
        }
        if let Some(on_ready) = on_ready {
            call(on_ready, "on_ready callback panicked");
        }
    };
    #[cfg(feature = "http")]
    tokio::join!(ready, follow_state(engine), keep_current(engine, sources));
    #[cfg(not(feature = "http"))]
    tokio::join!(ready, keep_current(engine, sources));
}

/// Notifies the listeners of the client state when it changes.
#[cfg(feature = "http")]
async fn follow_state(engine: &Weak<Engine>) {
    let connection = engine.upgrade().and_then(|engine| engine.state.connection());
    let Some(mut connection) = connection else { return };
    let mut status = ClientStatus::Starting;
    while connection.changed().await.is_ok() {
        let Some(engine) = engine.upgrade() else { return };
        connection.borrow_and_update();
        engine.state.notify_change(&mut status);
    }
}

async fn keep_current(engine: &Weak<Engine>, sources: Vec<Box<dyn ConfigSource>>) {
    let named = sources.into_iter().map(|source| {
        let name: Arc<str> = source.name().into();
        source.updates().map(move |item| (Arc::clone(&name), item)).boxed()
    });
    let mut items: SelectAll<_> = named.collect();
    // When to check next whether a thread still has a replaced ruleset cached.
    let mut sweep_after = None;
    loop {
        let wait = sweep_after.unwrap_or(Duration::MAX);
        let Ok(item) = tokio::time::timeout(wait, items.next()).await else {
            let Some(engine) = engine.upgrade() else { return };
            // A thread that no longer reads keeps its ruleset cached, so the checks end after a while.
            sweep_after = engine.sweep().then_some(wait * 2).filter(|wait| *wait <= LAST_SWEEP);
            continue;
        };
        let Some((name, item)) = item else { return };
        let Some(engine) = engine.upgrade() else { return };
        engine.apply_source_update(&name, item);
        sweep_after = Some(FIRST_SWEEP);
    }
}

/// The interval of these checks: it doubles from the first to the last.
const FIRST_SWEEP: Duration = Duration::from_secs(1);
const LAST_SWEEP: Duration = Duration::from_secs(60);
