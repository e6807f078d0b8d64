//! Helpers for the tests of several crates: polling with a deadline, a fault proxy, a load balancer, a small server, collected log lines.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot continue panics")]

pub mod logs;
pub mod poll;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
pub mod proxy;
pub mod round_robin;
mod skip;
pub mod upstream;

pub use skip::{SKIPPED_TESTS, skip};

pub use poll::{TEST_TIMEOUT, eventually, eventually_async, eventually_some, throughout, within};
