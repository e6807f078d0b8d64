//! The one place that asks what time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the microseconds since 1970; a clock set before that counts as 1970.
pub fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Returns the milliseconds since 1970.
pub fn now_millis() -> i64 {
    now_micros() / 1_000
}

/// Returns how long it is until a moment, in milliseconds since 1970; at least a millisecond, so that whoever
/// waits for it never finds it not quite there.
pub fn until(at_millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_millis.saturating_sub(now_millis())).unwrap_or_default().max(1))
}
