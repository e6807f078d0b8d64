//! The integration tests: one program, so that they link once.

mod filter;
mod scoped;
#[path = "../support/mod.rs"]
mod support;
