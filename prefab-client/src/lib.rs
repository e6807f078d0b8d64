//! Read configs, feature flags and log levels that change while a program runs.
//!
//! A [`Client`] evaluates rules in memory. It reads YAML files, or connects to a Prefab server, and picks up every
//! change: a saved file within a second, a change on the server within milliseconds.
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
//! let client = Client::from_env()?; // reads `./.prefab.default.config.yaml`, and a server if PREFAB_API_KEY is set
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
//! # With a server
//!
//! `prefab serve` starts a server and prints the three variables that [`Client::from_env`] reads: `PREFAB_API_KEY`,
//! `PREFAB_API_URL` and `PREFAB_STREAM_URL`. The same settings are methods of [`ClientBuilder`].
//!
//! The first call waits for the first response of the server, for 10 s by default
//! ([`init_timeout`](ClientBuilder::init_timeout)). After that, no call waits. If the server becomes unavailable, the
//! client keeps its values and reconnects.
//!
//! # In async code
//!
//! Build with [`ClientBuilder::build_async`], or await [`Client::ready`] before the first call. Both wait without
//! blocking a thread. All other methods read memory and can be called anywhere.
//!
//! ```no_run
//! use prefab_client::{ClientBuilder, Context, scope};
//!
//! # async fn handle() {}
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), prefab_client::Error> {
//! let client = ClientBuilder::from_env().build_async().await?;
//!
//! // Everything that this future evaluates is evaluated for this user.
//! let user = Context::new("user").with("key", "u-1");
//! scope::run(user, async {
//!     if client.enabled("new-checkout") {
//!         handle().await;
//!     }
//! })
//! .await;
//! client.close_async().await;
//! # Ok(())
//! # }
//! ```
//!
//! For `axum` and other `tower` services, the feature `tower` opens a scope for each request.
//!
//! # Contexts
//!
//! Rules match properties of contexts, for example `user.email`. A call sees the contexts of four places. A context in
//! an earlier place hides the context of the same name in a later place:
//!
//! 1. the call: [`Client::with`]
//! 2. the bound client: [`Client::with_context`]
//! 3. the [`scope`] around the call
//! 4. the whole program: [`ClientBuilder::global_context`]
//!
//! # Errors
//!
//! [`Client::get`] returns an [`Error`] if there is no value of the requested type. [`Client::get_or`] and
//! [`Client::enabled`] never fail: they return the default, or `false`, and log the reason once per key. Nothing panics.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `http` | yes | a server over HTTP |
//! | `rustls` | yes | TLS for `http` and `grpc` |
//! | `telemetry` | yes | evaluation counts, sent to the server |
//! | `log` | yes | `Client::log_filter`: log levels for `tracing` |
//! | `tower` | no | `tower::ContextLayer`: a scope for each request |
//! | `grpc` | no | a server over gRPC |
//!
//! # More
//!
//! - `docs/` in the repository: all settings, a complete web service, log levels, how to run a server
//! - [`rules`]: the types of which rules consist, for configs that a program builds
//! - [`source`]: the traits and types for a source of configs of your own

#![cfg_attr(docsrs, feature(doc_cfg))]

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
#[cfg_attr(docsrs, doc(cfg(feature = "log")))]
pub mod log;
mod log_target;
mod lookup;
mod no_context;
mod options;
mod override_guard;
mod overrides;
mod prepared;
mod problems;
mod reader;
pub mod rules;
mod ruleset_cell;
pub mod scope;
mod shared;
pub mod source;
mod state;
mod stderr;
mod stop;
mod subscription;
#[cfg(feature = "telemetry")]
mod telemetry;
mod thread;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower;
mod typed;
pub mod typed_config;
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
pub use prefab_core::{Config, ConfigValue, Context, ContextSet, ContextValue, Layer, LogLevel};
#[cfg(feature = "derive")]
pub use prefab_derive::Config;
pub use prefab_eval::{EvalError, Reason};
pub use prefab_sources::{SourceError, SourceErrorKind};
#[cfg(feature = "telemetry")]
#[cfg_attr(docsrs, doc(cfg(feature = "telemetry")))]
pub use prefab_telemetry::ContextUploadMode;
pub use prepared::{ConfigHandle, Flag};
/// Any JSON, for values without a type of their own.
#[doc(no_inline)]
pub use serde_json::Value as JsonValue;
pub use state::{ClientState, ClientStatus};
pub use subscription::{Change, Subscription};
pub use typed::{FromValue, Json, Mismatch};
pub use typed_config::LiveConfig;
pub use view::View;

/// The pages of the documentation whose examples are compiled and run.
#[cfg(all(doctest, feature = "log", feature = "tower"))]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/tutorial.md")]
    struct Tutorial;

    #[doc = include_str!("../../docs/web-service.md")]
    struct WebService;

    #[doc = include_str!("../../docs/log-levels.md")]
    struct LogLevels;

    #[doc = include_str!("../../docs/guides/rollout.md")]
    struct Rollout;

    #[doc = include_str!("../../docs/guides/testing.md")]
    struct Testing;

    #[doc = include_str!("../../docs/migrate/config-crates.md")]
    struct ConfigCrates;

    #[doc = include_str!("../../docs/migrate/env-filter.md")]
    struct EnvFilter;
}
