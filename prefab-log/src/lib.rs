//! May this line be printed? Prefab log levels for `tracing`, decided while the program runs.
//!
//! Start with [`LogFilter`]: a filter for `tracing-subscriber` whose levels come from a [`LevelResolver`], which
//! is what a Prefab client is. Most programs get one from their client and need nothing else of this crate.
//!
//! ```
//! use std::sync::Arc;
//! use prefab_core::{LevelSet, LogLevel};
//! use prefab_log::{LevelResolver, LogFilter, Settings};
//! use tracing::{Level, enabled};
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! /// Debug for the database, the default for the rest.
//! struct Fixed;
//!
//! impl LevelResolver for Fixed {
//!     fn level(&self, path: &str) -> Option<LogLevel> {
//!         path.starts_with("my_app.db").then_some(LogLevel::Debug)
//!     }
//!     fn levels(&self, path: &str) -> LevelSet {
//!         LevelSet::of(self.level(path).unwrap_or(LogLevel::NotSet))
//!     }
//!     fn levels_of_all(&self) -> LevelSet {
//!         LevelSet::from_iter([LogLevel::NotSet, LogLevel::Debug])
//!     }
//! }
//!
//! let filter = LogFilter::new(Settings::default());
//! filter.attach(Arc::new(Fixed));
//! tracing::subscriber::with_default(tracing_subscriber::registry().with(filter), || {
//!     assert!(enabled!(target: "my_app::db::pool", Level::DEBUG));
//!     assert!(!enabled!(target: "my_app::web", Level::DEBUG));
//! });
//! ```
//!
//! # What a line costs
//!
//! `tracing` asks once about each line of code and remembers "always", "never" or "sometimes". The filter
//! answers "sometimes" only where a rule that can decide the line's fate asks for a context; all other lines
//! cost what they cost under a fixed level. When levels change, `tracing` is made to ask again.
//!
//! # Names and levels
//!
//! The target `my_app::db::pool` is the logger `my_app.db.pool` ([`logger_path`]). Prefab has six levels and
//! `tracing` five; `FATAL` lets through what `ERROR` does ([`level_filter`]).

mod counts;
mod filter;
mod guard;
mod layer;
mod level;
mod path;
mod resolver;
mod scoped;
mod settings;
mod state;

pub use counts::{LineCounts, LoggerLineCounts};
pub use filter::{LogFilter, RefreshHandle};
pub use level::{level_filter, line_level};
pub use path::logger_path;
pub use resolver::LevelResolver;
pub use settings::{BOOTSTRAP_LEVEL_VAR, Settings};
