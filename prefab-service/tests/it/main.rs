//! The service on a real store, with a clock that the tests step.

#![allow(clippy::unwrap_used, reason = "tests")]

mod api_keys;
mod changes;
mod channels;
mod fixture;
mod leases;
mod presence;
mod project_cache;
mod recovery;
mod retention;
mod scheduled_removals;
