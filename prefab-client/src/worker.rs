//! The thread that keeps a client current.

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

use crate::{
    Error,
    engine::Engine,
    init_gate::Phase,
    stop::{Stop, stopped},
    subscription::call,
};

/// What a worker is given to do.
pub(crate) struct Work {
    pub(crate) sources: Vec<Box<dyn ConfigSource>>,
    /// The state of the server, whose first word opens the gate.
    #[cfg(feature = "http")]
    pub(crate) remote: Option<watch::Receiver<prefab_sources::RemoteState>>,
    /// Who tells the server of the client's use.
    #[cfg(feature = "telemetry")]
    pub(crate) reporter: Option<crate::telemetry::Reporter>,
    /// Called when the gate is open.
    pub(crate) on_ready: Option<Box<dyn FnOnce() + Send>>,
}

impl Work {
    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.on_ready.is_none()
    }
}

/// A thread with a small runtime of its own, so that a client needs none of its caller's and never
/// blocks one. It ends when it is stopped or dropped, and when no client is left.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Present until it is stopped.
    running: Option<Running>,
    /// The process that has the thread; one that was forked off has none of its parent's threads.
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
                // A name that is being looked up, or a cache that is being written, keeps nobody waiting.
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self { running: Some(Running { stop, thread }), process: process::id() })
    }

    /// Stops the thread and waits for it, unless it is the one that asks.
    pub(crate) fn stop(mut self) {
        let Some(Running { stop, thread }) = self.running.take_if(|_| process::id() == self.process) else {
            return;
        };
        // A thread that has ended by itself does not listen any more.
        let _ = stop.send(true);
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }

    /// Stops the thread, and waits for it without keeping another.
    pub(crate) async fn stop_async(mut self) {
        let Some(Running { stop, thread: _ }) = self.running.take_if(|_| process::id() == self.process)
        else {
            return;
        };
        let _ = stop.send(true);
        // Nobody listens any more once the last report is out.
        stop.closed().await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.process != process::id() {
            // Waking a thread that is another process's would meddle with that, or wait for it.
            std::mem::forget(self.running.take());
        }
    }
}

#[cfg_attr(not(feature = "telemetry"), expect(unused_mut, reason = "the reporter is taken out"))]
async fn run(engine: &Weak<Engine>, mut work: Work, stop: Stop) {
    #[cfg(feature = "telemetry")]
    let reporting = work.reporter.take().map(|reporter| tokio::spawn(reporter.run(stop.clone())));
    tokio::select! {
        () = stopped(stop.clone()) => {}
        () = follow(engine, work) => {}
    }
    // Nothing more will come, so nobody is to wait for it.
    if let Some(engine) = engine.upgrade() {
        engine.gate.set(Phase::Open);
    }
    #[cfg(feature = "telemetry")]
    if let Some(reporting) = reporting {
        stopped(stop).await;
        if tokio::time::timeout(FINAL_REPORT_TIMEOUT, reporting).await.is_err() {
            tracing::warn!(target: crate::log_target::LOG, "the client has ended before its last report was out");
        }
    }
}

/// How long the last report may keep whoever closes a client.
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
            call(on_ready, "what `on_ready` was given has panicked");
        }
    };
    tokio::join!(ready, keep_current(engine, sources));
}

async fn keep_current(engine: &Weak<Engine>, sources: Vec<Box<dyn ConfigSource>>) {
    let named = sources.into_iter().map(|source| {
        let name: Arc<str> = source.name().into();
        source.updates().map(move |item| (Arc::clone(&name), item)).boxed()
    });
    let mut items: SelectAll<_> = named.collect();
    // When to look next whether a replaced ruleset is still remembered by a thread.
    let mut sweep_after = None;
    loop {
        let wait = sweep_after.unwrap_or(Duration::MAX);
        let Ok(item) = tokio::time::timeout(wait, items.next()).await else {
            let Some(engine) = engine.upgrade() else { return };
            // A thread that asks nothing any more keeps its ruleset; after a while nobody waits for it.
            sweep_after = engine.sweep().then_some(wait * 2).filter(|wait| *wait <= LAST_SWEEP);
            continue;
        };
        let Some((name, item)) = item else { return };
        let Some(engine) = engine.upgrade() else { return };
        engine.apply_source_update(&name, item);
        sweep_after = Some(FIRST_SWEEP);
    }
}

/// How soon after a change it is looked whether all threads have seen it.
const FIRST_SWEEP: Duration = Duration::from_secs(1);
const LAST_SWEEP: Duration = Duration::from_secs(60);
