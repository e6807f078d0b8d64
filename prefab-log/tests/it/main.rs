//! The integration tests, in one binary to link it only once.

mod filter;
mod scoped;
#[path = "../support/mod.rs"]
mod support;
