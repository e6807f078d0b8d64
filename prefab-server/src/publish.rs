//! What do clients get? Per environment a snapshot, and the changes since, each encoded once.
//!
//! Start with [`Channel`]: the snapshot of one environment and the id of its newest change. [`outgoing`] says
//! what of a config leaves the house.

mod cache;
mod channel;
mod frame;
mod listeners;
mod outgoing;
mod snapshot;

pub(crate) use channel::{Channel, Newest};
pub(crate) use frame::Form;
pub(crate) use listeners::{Counts, Listener, Manner};
pub(crate) use outgoing::{outgoing, tombstone};
pub(crate) use snapshot::{Audience, Coding, Encoded, Snapshot};
