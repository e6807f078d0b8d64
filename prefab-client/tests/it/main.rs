//! The integration tests, in one binary to link it only once.

mod callbacks;
#[cfg(all(feature = "log", feature = "tower"))]
mod log_example;
#[cfg(feature = "log")]
mod log_levels;
mod offline;
mod packed;
mod prepared;
#[cfg(feature = "http")]
mod remote;
#[cfg(feature = "derive")]
mod typed_config;
mod values;
