//! The integration tests: one program, so that they link once.

mod command;
mod faults;
mod help;
mod log_levels;
mod manage;
mod operating;
mod page;
mod reports;
mod walk;
mod ways;
