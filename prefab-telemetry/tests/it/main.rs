//! The integration tests, in one binary to link it only once.

mod counting;
mod properties;
