//! The results of a contestant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::clock::Spread;

/// The results of one contestant, which are stored in a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The name.
    pub name: String,
    /// The version of its crate. Empty for code of this crate.
    pub version: String,
    /// The measured part.
    pub part: String,
    /// A note for the reader of the tables.
    pub note: String,
    /// The figures of the items, by name.
    pub items: BTreeMap<String, Figure>,
    /// Loading 10,000 flags.
    pub load: Option<Load>,
    /// Calls by several threads.
    pub traffic: Option<Traffic>,
}

/// The figures of one call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figure {
    /// Processor time in nanoseconds.
    pub nanos: Spread,
    /// The number of allocations, if they can be counted.
    pub allocations: Option<f64>,
    /// The number of instructions that callgrind counted.
    pub instructions: Option<f64>,
    /// The substitute, if the engine does not support the item itself.
    pub instead: Option<String>,
}

/// The figures of loading 10,000 flags.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    /// The length of the document.
    pub document_bytes: u64,
    /// Processor time of the process in milliseconds.
    pub millis: Spread,
    /// The growth of the process's memory, in bytes.
    pub resident_bytes: u64,
}

/// The figures of calls by several threads.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Traffic {
    /// The number of other flags.
    pub beside: usize,
    /// One reader.
    pub one: Pace,
    /// Two readers.
    pub two: Pace,
    /// Two readers, while all flags are replaced ten times per second.
    pub two_while_swapping: Pace,
    /// The time of a replacement, in milliseconds of wall-clock time.
    pub swap_millis: f64,
    /// The number of replacements.
    pub swaps: u64,
}

/// The throughput and latency of readers.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Calls per second of a reader's processor time, times the number of readers.
    pub calls_per_cpu_second: f64,
    /// Calls of all readers per second of wall-clock time.
    pub calls_per_second: f64,
    /// The 99.9th percentile of a call, in nanoseconds of wall-clock time.
    pub slowest_of_1000_nanos: f64,
    /// The number of voluntary context switches of the readers.
    pub waits: u64,
}

/// The figures that only Prefab has.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Own {
    /// The number of configs, including segments.
    pub configs: usize,
    /// The length of the message, in bytes.
    pub wire_bytes: usize,
    /// The heap memory of the configs after loading: store and compiled rules, in bytes.
    pub heap_bytes: i64,
    /// Decoding the message with prost alone, in milliseconds.
    pub decode_millis: Spread,
    /// The time from the message to the first result, in milliseconds.
    pub ready_millis: Spread,
    /// The time to apply, compile and publish one change, in microseconds.
    pub change_micros: Spread,
    /// The time of one change from a source to a listener through the client's thread, in microseconds of wall-clock time.
    pub change_to_listener_micros: Spread,
    /// Calls by several threads, beside 10,000 flags.
    pub traffic: Traffic,
}
