//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the microseconds since 1970; a clock set before that counts as 1970.
pub(crate) fn now_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Returns the milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    now_micros() / 1_000
}
