//! The integration tests: one program, so that they link once.

mod cases;
mod chains;
mod explain;
mod findings;
mod log_levels;
mod patterns;
mod properties;
#[path = "../support/mod.rs"]
mod support;
mod vectors;
