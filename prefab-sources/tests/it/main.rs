//! The integration tests, in one binary to link it only once.

mod cases;
mod conformance;
#[cfg(feature = "http")]
mod recorded;
mod watch;
