//! What happened? Counts evaluations, contexts and log calls in bounded memory, and says so when asked.
//!
//! Start with [`Telemetry`]. Recording something that is known already costs some twenty nanoseconds and no
//! allocation; [`Telemetry::drain`] takes everything out as a [`Report`], which becomes the wire's message.
//! Nothing here has a clock or a socket: whoever records and drains brings the time.
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
//!     let answer = rules.evaluate("max-jobs", &Contexts::of(&user), &FixedHost::default())?;
//!     telemetry.count_evaluation(&answer);
//!     telemetry.record_contexts(&[&user], || 1_500);
//! }
//!
//! let report = telemetry.drain(2_000);
//! let counter = &report.summaries[0].counts[0];
//! assert_eq!((counter.count, &counter.selected_value), (3, &Some(Value::Int(30))));
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
