//! What is a config? The data model of Prefab: configs, feature flags, contexts and layers.
//!
//! This crate reads and writes datafiles, describes the contexts of a request, and stacks configs from several
//! sources in layers. It does no I/O and has no clock and no runtime. `prefab-eval` evaluates the configs,
//! `prefab-client` is the SDK.
//!
//! # Examples
//!
//! Read a datafile and describe a request:
//!
//! ```
//! use prefab_core::{Context, ContextSet, datafile};
//!
//! let parsed = datafile::parse(r#"{"configs": [
//!     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
//! ]}"#)?;
//! assert_eq!(parsed.set.configs[0].key, "max-jobs");
//!
//! let contexts = ContextSet::new().with(Context::new("user").with("key", "u-1").with("age", 42));
//! assert_eq!(contexts.property("user", "age"), Some(&42.into()));
//! # Ok::<(), prefab_core::datafile::DatafileError>(())
//! ```
//!
//! # Where to start
//!
//! | Type | Meaning |
//! | --- | --- |
//! | [`Config`] | A key with its rows per environment, their rules and values |
//! | [`ConfigSet`] | All configs of a project, as one file or one message |
//! | [`Context`], [`ContextSet`] | The properties of a request that criteria are compared with |
//! | [`LayeredStore`] | Configs from several sources, and which of them is current for each key |
//! | [`datafile`] | The JSON form of a config set |

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod borrowed;
pub mod confidential;
pub mod config;
pub mod context;
pub mod criterion;
pub mod datafile;
pub mod duration;
pub mod encoding;
pub mod ids;
pub mod json;
pub mod layer;
pub mod level_set;
pub mod log_level;
pub mod store;
pub mod stored;
pub mod text;
pub mod value;

pub use confidential::redact;
pub use config::{ChangedBy, ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, Pointer, ValueType};
pub use context::{Context, ContextError, ContextSet, ContextValue};
pub use criterion::{Criterion, Operand, Operator};
pub use duration::{DurationError, parse_duration};
pub use layer::{Layer, Match, Provenance, Slot};
pub use level_set::LevelSet;
pub use log_level::{LogLevel, LogLevelError};
pub use store::{Entry, LayeredStore, Update};
pub use stored::StoredConfig;
pub use value::{
    ConfigValue, IntRange, LimitDefinition, Provided, ProvidedSource, Schema, SchemaType, Value,
    WeightedValue, WeightedValues, exact_double,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
