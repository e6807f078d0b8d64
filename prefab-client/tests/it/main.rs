//! The integration tests: one program, so that they link once.

mod callbacks;
#[cfg(all(feature = "log", feature = "tower"))]
mod log_example;
#[cfg(feature = "log")]
mod log_levels;
mod offline;
mod packed;
#[cfg(feature = "http")]
mod remote;
mod values;
