//! Who hands configs to the clients? The Prefab service, for official and own SDKs alike.
//!
//! Start with [`serve`]: it opens or creates the database, listens, and returns a [`Running`] server. The
//! first start makes a project with three environments and their keys.
//!
//! A change takes one way: it is validated, appended to the log of a [`store`], published to every
//! environment as a snapshot and an event that are encoded once, and only then acknowledged.

mod api;
mod args;
mod auth;
mod author;
mod change;
mod clock;
mod error;
mod evaluate;
mod expire;
mod feed;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hub;
pub mod ids;
pub mod key;
mod key_use;
mod limits;
mod listen;
mod manage;
mod metrics;
mod network;
mod options;
mod people;
mod project;
mod public_url;
mod publish;
mod recover;
mod restore;
mod retention;
mod serve;
mod setup;
mod signal;
mod stalled;
pub mod store;
mod telemetry;
mod tls;
mod validate;
mod workers;

pub use args::ServeArgs;
pub use error::Error;
pub use key::{IssuedKey, KeyKind};
pub use limits::{Limit, Limits};
pub use options::{Network, Options, PublicUrl, TlsFiles};
pub use people::{Role, Roles};
pub use recover::{Recovered, recover};
pub use restore::{Overwrite, RestoreError, Restored, restore, restore_to};
pub use serve::{Running, Stop, serve};
