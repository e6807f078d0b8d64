//! The integration tests: one program, so that they link once.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod command;
mod docs;
mod faults;
mod help;
mod log_levels;
mod manage;
mod operating;
mod page;
mod reports;
#[cfg(unix)]
mod stop;
mod walk;
mod ways;
