//! The HTTP API: what SDKs call, the official management API, and ours.
//!
//! Start with [`router`]: it maps each path to its handler.

mod bodies;
mod body;
mod cors;
mod error;
mod health;
mod management;
mod official;
pub(crate) mod origin;
pub(crate) mod ready;
pub(crate) mod router;
mod sdk;
pub(crate) mod state;
