//! What was found out about a contestant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::clock::Spread;

/// Everything about one contestant: a file while the others are measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// The version of its crate, empty for what stands here.
    pub version: String,
    /// What is driven.
    pub part: String,
    /// What a reader has to know.
    pub note: String,
    /// The items, by name.
    pub items: BTreeMap<String, Figure>,
    /// Loading 10,000 flags.
    pub load: Option<Load>,
    /// Many calls at once.
    pub traffic: Option<Traffic>,
}

/// One call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figure {
    /// Processor time in nanoseconds.
    pub nanos: Spread,
    /// Allocations, where they can be counted.
    pub allocations: Option<f64>,
    /// What callgrind counts.
    pub instructions: Option<f64>,
    /// What stands in for the item, where it cannot be said as it is.
    pub instead: Option<String>,
}

/// Loading.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    /// The length of the document.
    pub document_bytes: u64,
    /// Processor time of the process in milliseconds.
    pub millis: Spread,
    /// What the process has grown by.
    pub resident_bytes: u64,
}

/// Calls by several threads.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// How many flags there were beside those asked for.
    pub beside: usize,
    /// One reader.
    pub one: Pace,
    /// Two readers.
    pub two: Pace,
    /// Two readers, while everything is replaced ten times a second.
    pub two_while_swapping: Pace,
    /// How long a replacement took, in milliseconds of the clock on the wall.
    pub swap_millis: f64,
    /// How many there were.
    pub swaps: u64,
}

/// What readers got done.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Calls for each second of a reader's processor time, times the readers.
    pub calls_per_cpu_second: f64,
    /// Calls for each second on the wall, all readers together.
    pub calls_per_second: f64,
    /// Of a thousand calls, one took longer than this, in nanoseconds on the wall.
    pub slowest_of_1000_nanos: f64,
    /// How often the readers gave the processor away because they had to wait.
    pub waits: u64,
}

/// What only our own engine is asked.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Own {
    /// How many configs there were, segments among them.
    pub configs: usize,
    /// The length of the message.
    pub wire_bytes: usize,
    /// What configs hold on the heap once they are ready: store and compiled rules.
    pub heap_bytes: i64,
    /// Decoding the message with prost alone, in milliseconds.
    pub decode_millis: Spread,
    /// From the message to the first answer, in milliseconds.
    pub ready_millis: Spread,
    /// One change taken into the store, compiled, and put where readers look, in microseconds.
    pub change_micros: Spread,
    /// One change from a source to the listener, through the client's thread, in microseconds on the wall.
    pub change_told_micros: Spread,
    /// Many calls at once, beside 10,000 flags.
    pub traffic: Traffic,
}
