//! Polling for a condition, without a fixed sleep.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The time limit of [`eventually`], sufficient for a busy machine.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The time between two checks.
const PAUSE: Duration = Duration::from_millis(2);

/// Waits until `holds` returns true, and returns how long that took.
///
/// # Panics
///
/// After [`TEST_TIMEOUT`], with `what`.
#[track_caller]
pub fn eventually(what: &str, holds: impl FnMut() -> bool) -> Duration {
    within(TEST_TIMEOUT, what, holds)
}

/// Waits until `holds` returns true, for at most `limit`, and returns how long that took.
///
/// # Panics
///
/// After `limit`, with `what`.
#[track_caller]
pub fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < limit, "waited {limit:?} in vain: {what}");
        thread::sleep(PAUSE);
    }
    started.elapsed()
}

/// Checks for the given time that `holds` returns true.
///
/// # Panics
///
/// When `holds` returns false, with `what`.
#[track_caller]
pub fn throughout(time: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while started.elapsed() < time {
        assert!(holds(), "{what}, after {:?}", started.elapsed());
        thread::sleep(PAUSE);
    }
}

/// Like [`eventually`], for async tests.
///
/// # Panics
///
/// After [`TEST_TIMEOUT`], with `what`.
pub async fn eventually_async(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < TEST_TIMEOUT, "waited {TEST_TIMEOUT:?} in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
    started.elapsed()
}

/// Waits until `look` returns a value, and returns it. For conditions that require a request.
///
/// # Panics
///
/// After [`TEST_TIMEOUT`], with `what`.
pub async fn eventually_some<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < TEST_TIMEOUT, "waited {TEST_TIMEOUT:?} in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
