//! The runtime of clients that need one.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread can be started")
});

/// Returns the runtime, with one thread of its own.
pub fn runtime() -> &'static Runtime {
    &RUNTIME
}
