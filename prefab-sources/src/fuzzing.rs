//! What fuzz targets call: each function processes hostile bytes and panics if a promise does not hold.
//!
//! Not part of the API; only there with the feature `fuzzing`.

use crate::{
    http,
    remote::Frame,
    sse::{Decoder, Event, Limits},
};

/// Short, so that inputs of a fuzzer reach the limits.
const LIMITS: Limits = Limits { line: 4_096, event: 6_000 };

/// Reads a stream of the server. The first byte is how many bytes arrive at a time.
///
/// # Panics
///
/// If the events depend on where the stream is cut, if an event is beyond its limit, or if the code has a fault.
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

/// Returns the events, and whether the stream is refused.
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
