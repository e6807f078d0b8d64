//! The thread that keeps a client current.

use std::{
    sync::{Arc, Weak},
    thread::{self, JoinHandle},
};

use futures_util::{StreamExt as _, stream::SelectAll};
use prefab_sources::ConfigSource;
use tokio::{runtime, sync::oneshot};

use crate::{Error, engine::Engine, gate::Phase};

/// What a worker is given to do.
pub(crate) struct Work {
    pub(crate) sources: Vec<Box<dyn ConfigSource>>,
    /// The state of the server, whose first word opens the gate.
    #[cfg(feature = "http")]
    pub(crate) remote: Option<tokio::sync::watch::Receiver<prefab_sources::RemoteState>>,
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
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(engine: &Arc<Engine>, work: Work) -> Result<Self, Error> {
        let failed = |cause: std::io::Error| Error::Worker { cause: cause.to_string() };
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let engine = Arc::downgrade(engine);
        let thread = thread::Builder::new()
            .name("prefab".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = run(&engine, work) => {}
                    }
                });
                // Nothing more will come, so nobody is to wait for it.
                if let Some(engine) = engine.upgrade() {
                    engine.gate.set(Phase::Open);
                }
                // A name that is being looked up, or a cache that is being written, keeps nobody waiting.
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self { stop, thread })
    }

    /// Stops the thread and waits for it, unless it is the one that asks.
    pub(crate) fn stop(self) {
        let Self { stop, thread } = self;
        // A thread that has ended by itself does not listen any more.
        let _ = stop.send(());
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

async fn run(engine: &Weak<Engine>, work: Work) {
    if let Some(engine) = engine.upgrade() {
        engine.gate.is_opened_here();
    }
    #[cfg(feature = "http")]
    let Work { sources, remote, on_ready } = work;
    #[cfg(not(feature = "http"))]
    let Work { sources, on_ready } = work;
    let ready = async {
        #[cfg(feature = "http")]
        if let Some(mut state) = remote
            && let Some(engine) = engine.upgrade()
        {
            engine.gate.follow(&mut state).await;
        }
        if let Some(on_ready) = on_ready {
            on_ready();
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
    while let Some((name, item)) = items.next().await {
        let Some(engine) = engine.upgrade() else { return };
        engine.take(&name, item);
    }
}
