//! Entry points of fuzz targets: each processes hostile bytes and panics if an invariant is violated.
//!
//! Not part of the public API; requires the feature `fuzzing`.

use crate::{
    http,
    remote::Frame,
    sse::{Decoder, Event, Limits},
};

/// Small, so that the inputs of a fuzzer reach the limits.
const LIMITS: Limits = Limits { line: 4_096, event: 6_000 };

/// Decodes a stream of a server. The first byte is the number of bytes per chunk.
///
/// # Panics
///
/// If the events depend on the chunks, or if an event exceeds its limit.
pub fn stream(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let whole = read(bytes, bytes.len().max(1));
    let cut = read(bytes, usize::from(*size).max(1));
    assert_eq!(whole, cut, "events do not depend on where the stream is cut");
    for event in whole.0 {
        if let Event::Data(data) = &event {
            assert!(data.len() <= LIMITS.event, "an event of {} bytes", data.len());
        }
        if let Frame::Configs(packed) = http::frame(event) {
            let configs = packed.set.configs.iter();
            assert!(configs.clone().all(|config| config.config().key == config.key()));
            for config in configs {
                let _ = format!("{:?}", config.borrowed());
            }
        }
    }
}

/// Returns the events, and whether the stream was rejected.
fn read(bytes: &[u8], size: usize) -> (Vec<Event>, bool) {
    let mut decoder = Decoder::new(LIMITS);
    let mut events = Vec::new();
    for chunk in bytes.chunks(size) {
        if decoder.push(chunk, |event| events.push(event)).is_err() {
            return (events, true);
        }
    }
    (events, false)
}
