//! How does a config look on the wire?
//!
//! Start with [`wire::Configs`], the message in which servers hand out configs. [`wire`] holds every message
//! of `prefab.proto`, [`convert`] turns them into the model and back, and
//! [`packed`] takes them in as they are. The gRPC client and server stubs stand behind the features `grpc-client` and
//! `grpc-server`: without them nothing here knows of sockets.

pub mod convert;
pub mod packed;

/// The messages of `prefab.proto`, written by `cargo xtask proto`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
#[path = "generated/prefab.rs"]
pub mod wire;

/// The gRPC services of `prefab.proto`, written by `cargo xtask proto`.
#[cfg(any(feature = "grpc-client", feature = "grpc-server"))]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
#[path = "generated/services.rs"]
pub mod services;
