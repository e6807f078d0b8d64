//! Counts evaluations, contexts and log lines in limited memory, for reports to a Prefab server.
//!
//! [`Telemetry`] counts. [`Telemetry::drain`] returns everything counted since the last drain as a [`Report`], whose
//! [`to_wire`](Report::to_wire) is the message for the server. Counting a known evaluation takes about 20 ns and does not
//! allocate. This crate has no clock and no network: the caller passes the time and sends the report.
//!
//! ```
//! use prefab_core::{Context, ContextSet, Value};
//! use prefab_eval::{Contexts, FixedHost, Ruleset};
//! use prefab_telemetry::{Options, Telemetry};
//!
//! let rules = Ruleset::from_datafile(r#"{"configs": [{
//!     "id": "7", "key": "max-jobs", "configType": "CONFIG", "rows": [{"values": [{"value": {"int": "30"}}]}]
//! }]}"#)?;
//! let telemetry = Telemetry::new(Options::default(), 1_000);
//! let user = ContextSet::from(Context::new("user").with("key", "u-1").with("age", 36));
//!
//! for _ in 0..3 {
//!     let evaluation = rules.evaluate("max-jobs", &Contexts::of(&user), &FixedHost::default())?;
//!     telemetry.count_evaluation(&evaluation);
//!     telemetry.record_contexts(&[&user], || 1_500);
//! }
//!
//! let report = telemetry.drain(2_000);
//! let count = &report.summaries[0].counts[0];
//! assert_eq!((count.count, &count.selected_value), (3, &Some(Value::Int(30))));
//! assert_eq!(report.context_shapes[0].properties["age"], 1);
//! assert_eq!(report.example_contexts[0].contexts, user);
//!
//! assert!(telemetry.drain(3_000).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bounds;
mod contexts;
mod evaluation_count_key;
mod evaluations;
mod examples;
mod loggers;
mod options;
mod report;
mod reportable;
mod shapes;
mod shards;
mod telemetry;
mod thread_counters;
mod wire;

pub use options::{ContextUploadMode, Limits, Options, UnknownContextUploadMode};
pub use report::{
    ContextShape, EvaluationCount, EvaluationSummary, ExampleContext, LoggerLineCounts, Report,
};
pub use telemetry::Telemetry;
pub use thread_counters::ThreadCounters;
