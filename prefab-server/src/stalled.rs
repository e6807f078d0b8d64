//! Closes connections and streams whose peer does not read.
//!
//! On HTTP/1 a peer that does not read blocks the writes of its connection: [`WriteTimeout`] fails them. On HTTP/2
//! each stream has a window of its own, so one stream can stall while the connection carries others:
//! [`StreamExecutor`] resets that stream alone.

mod connection;
mod stream;

pub(crate) use connection::WriteTimeout;
pub(crate) use stream::{StreamExecutor, chunked};
