//! The integration tests: one program, so that they link once.

mod cases;
mod conformance;
#[cfg(feature = "http")]
mod recorded;
mod watch;
