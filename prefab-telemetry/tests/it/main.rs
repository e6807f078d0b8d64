//! The integration tests: one program, so that they link once.

mod counting;
mod properties;
