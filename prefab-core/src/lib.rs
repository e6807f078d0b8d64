//! What is a config? The Prefab data model, without I/O, clock or runtime.
//!
//! Start with [`Config`]: a key, its rows per environment, their rules and values. A [`ConfigSet`] is a
//! whole project as one file or one message; [`datafile`] reads and writes its JSON form. What a caller
//! knows about a request is a [`ContextSet`]. Configs of several origins meet in a [`LayeredStore`].
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
//! assert!(contexts.property("user", "age").is_some());
//! # Ok::<(), prefab_core::datafile::DatafileError>(())
//! ```

pub mod borrowed;
pub mod confidential;
pub mod config;
pub mod context;
pub mod criterion;
pub mod datafile;
pub mod duration;
pub mod ids;
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
pub use criterion::{Criterion, Operator};
pub use duration::{DurationError, parse_duration};
pub use layer::{Layer, Match, Provenance, Slot};
pub use level_set::LevelSet;
pub use log_level::{LogLevel, LogLevelError};
pub use store::{Entry, LayeredStore, Update};
pub use stored::{PackedFormat, PackedMessage, StoredConfig};
pub use value::{
    ConfigValue, IntRange, LimitDefinition, Provided, ProvidedSource, Schema, SchemaType, Value,
    WeightedValue, WeightedValues,
};
