//! What do SDKs receive? A snapshot per environment and the changes since, each encoded once.
//!
//! Start with [`Channel`]: the snapshot of one environment and the id of its newest change. [`outgoing`] returns
//! a config as the SDKs of one environment receive it.

mod audience;
mod cache;
mod channel;
mod encoding;
mod for_sdk;
mod snapshot;
mod subscribers;

pub use audience::Audience;
pub use channel::{Channel, Newest};
pub use encoding::Form;
pub use for_sdk::{outgoing, tombstone};
pub use snapshot::{Coding, Encoded, Snapshot};
pub use subscribers::{Counts, Listener, Manner};
