//! The endpoints of SDKs: checkpoints, streams, evaluation and telemetry.

pub(crate) mod api_key;
pub(crate) mod configs;
pub(crate) mod evaluate;
pub(crate) mod grpc;
pub(crate) mod quonfig;
mod quonfig_stream;
pub(crate) mod stream;
mod stream_response;
pub(crate) mod telemetry;
