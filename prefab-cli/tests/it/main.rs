//! The integration tests: one program, so that they link once.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod client_modes;
mod command;
mod docs;
mod end_to_end;
mod faults;
mod help;
mod log_levels;
mod management;
mod ofrep_browser;
mod operating;
mod page;
#[cfg(unix)]
mod postgres;
mod proxies;
mod redacted;
mod reports;
mod restore;
mod sdks;
mod settings;
#[cfg(unix)]
mod shared_state;
mod sign_in;
#[cfg(unix)]
mod stop;
mod text_inputs;
mod values;
mod verify;
