//! The server: HTTP, event streams and gRPC for the official SDKs and the SDK of this project.
//!
//! Start with [`serve`]: it opens or creates the database, listens, and returns a [`Running`] server. The
//! first start creates a project with three environments and their API keys.
//!
//! Handlers parse a request, call [`prefab_service`] and serialize the result. The business rules are in that crate.

mod api;
mod args;
mod auth;
mod copy;
mod database;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod listen;
mod network;
mod options;
mod public_url;
mod recover;
mod restore;
mod serve;
mod setup;
mod signal;
mod stalled;
mod tls;

pub use args::{DatabaseArgs, ServeArgs};
pub use copy::{copy_database, migration_plan};
pub use error::Error;
pub use options::{Database, Network, Options, Password, PostgresOptions, PostgresUrl, PublicUrl, TlsFiles};
pub use prefab_service::limits::{Limit, Limits};
pub use prefab_service::{ErrorCode, UnknownCode};
pub use prefab_store::key::{IssuedKey, KeyKind};
pub use prefab_store::{Role, Roles};
pub use prefab_store_sqlite::{Overwrite, RestoreError, Restored};
pub use recover::{Recovered, recover, recover_owner};
pub use restore::restore;
pub use serve::{Running, Stop, check, serve};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
