//! What do SDKs receive? A snapshot per environment and the changes since, each encoded once.
//!
//! Start with [`Channel`]: the snapshot of one environment and the id of its newest change. [`for_sdk`] returns
//! a config as the SDKs of one environment receive it.

mod audience;
mod cache;
mod channel;
mod encoded;
mod encoding;
mod for_sdk;
mod items;
mod quonfig;
mod snapshot;
mod subscribers;

pub use audience::{Audience, is_for_front_ends};
pub use channel::{Channel, Newest};
pub use encoded::{ContentCoding, Encoded};
pub use encoding::Encoding;
pub use for_sdk::{for_environment, for_sdk, tombstone};
pub use quonfig::{Envelope, OmittedConfig};
pub use snapshot::Snapshot;
pub use subscribers::{Protocol, SubscriberCounts, SubscriberGuard};
