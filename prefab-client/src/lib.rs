//! Config, feature flags and log levels that change while a program runs.
//!
//! Start with [`Client`]. It answers from memory, never fails to answer where a default is given, and
//! keeps itself current: files are watched, and whatever a server sends is taken in at once.
//!
//! ```
//! use prefab_client::{Client, Context, ContextSet};
//!
//! # let dir = tempfile::tempdir()?;
//! # std::fs::write(dir.path().join(".prefab.default.config.yaml"), r#"
//! # my-first-int-config: 30
//! # new-checkout: {feature_flag: true, value: true, criterion:
//! #     {operator: PROP_ENDS_WITH_ONE_OF, property: user.email, values: ["@acme.test"]}}
//! # "#)?;
//! # let client = Client::builder().classpath_dir(dir.path()).without_override_dir().build()?;
//! # #[cfg(any())]
//! let client = Client::from_env()?; // reads `.prefab.default.config.yaml` here, overrides at home
//!
//! let limit: i64 = client.get("my-first-int-config")?;
//! let pause = client.get_or("pause-seconds", 1.5);
//!
//! let user = ContextSet::from(Context::new("user").with("email", "ada@acme.test"));
//! if client.with(&user).enabled("new-checkout") {
//!     println!("at most {limit} jobs, {pause} seconds apart");
//! }
//! # assert!(client.with(&user).enabled("new-checkout") && limit == 30);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Contexts
//!
//! What a rule may ask about comes from four places, the strongest first: the call
//! ([`Client::with`]), the bound client ([`Client::with_context`]), the [`scope`] around the call, and
//! the program's own ([`ClientBuilder::global_context`]). A context in a stronger place replaces the one of
//! the same name in a weaker place as a whole.
//!
//! # In async code
//!
//! With a server, the first call waits for its first word on the thread that calls: build with
//! [`ClientBuilder::build_async`], or await [`Client::ready`]. From then on nothing waits, on any runtime.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `http` (on) | a server beside files |
//! | `rustls` (on) | TLS for it |
//! | `telemetry` (on) | what is evaluated, counted and told to the server |
//! | `log` (on) | `Client::log_filter`: log levels for `tracing` |
//! | `tower` | `tower::ContextLayer`: a scope for each request |
//! | `grpc` | gRPC as another way to the server |
//!
//! # Errors
//!
//! [`Client::get`] says why there is no value of the type asked for; [`Client::get_or`] and
//! [`Client::enabled`] answer with the default and log why. Nothing here panics.

mod bound;
mod builder;
mod client;
mod config_table;
mod details;
mod engine;
mod env;
mod error;
mod host;
mod init_gate;
mod live;
#[cfg(feature = "log")]
pub mod log;
mod log_target;
mod no_context;
mod options;
mod override_guard;
mod overrides;
mod problems;
mod reader;
mod ruleset_cell;
pub mod scope;
mod shared;
mod stop;
mod subscription;
#[cfg(feature = "telemetry")]
mod telemetry;
mod thread;
#[cfg(feature = "tower")]
pub mod tower;
mod typed;
mod view;
mod worker;

pub use bound::BoundClient;
pub use builder::ClientBuilder;
pub use client::Client;
pub use details::EvaluationDetails;
pub use error::{Error, MissingReason};
pub use init_gate::OnInitFailure;
pub use live::{Live, LiveValue};
pub use options::{Datasources, OnNoDefault};
pub use override_guard::OverrideGuard;
pub use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Context, ContextSet, ContextValue, Criterion, Layer,
    LogLevel, Operator, Update, Value, WeightedValue, WeightedValues,
};
pub use prefab_eval::{EvalError, Reason};
pub use prefab_sources::{
    ConfigSource, Finding, MemorySender, MemorySource, SourceError, SourceErrorKind, SourceUpdate,
    UpdateStream,
};
#[cfg(feature = "telemetry")]
pub use prefab_telemetry::ContextUploadMode;
pub use subscription::{Change, Subscription};
pub use typed::{FromValue, Json, Mismatch};
pub use view::View;

/// The README's examples, compiled and run as they stand.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// And those of the page about web services.
#[cfg(all(doctest, feature = "log", feature = "tower"))]
#[doc = include_str!("../../docs/web-service.md")]
struct WebService;

/// And those of the page about log levels.
#[cfg(all(doctest, feature = "log", feature = "tower"))]
#[doc = include_str!("../../docs/log-levels.md")]
struct LogLevels;
