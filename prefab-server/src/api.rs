//! The HTTP API: the endpoints of SDKs, the official management API, and the management API of this server.
//!
//! Start with [`router`]: it maps paths to handlers.

mod bodies;
mod body;
mod cors;
mod error;
mod evaluation_body;
mod health;
mod management;
mod official;
mod ofrep;
pub(crate) mod origin;
pub(crate) mod ready;
pub(crate) mod router;
mod sdk;
mod security_headers;
pub(crate) mod state;

pub(crate) use management::remove_leftovers;
