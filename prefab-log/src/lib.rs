//! A filter for `tracing` that reads its levels from Prefab configs. The levels can change while the program runs.
//!
//! Most programs call `Client::log_filter` on their Prefab client to get a [`LogFilter`], and need nothing else from
//! this crate. Without a client, implement [`LevelResolver`]:
//!
//! ```
//! use std::sync::Arc;
//! use prefab_core::{LevelSet, LogLevel};
//! use prefab_log::{LevelResolver, LogFilter, Settings};
//! use tracing::{Level, enabled};
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! /// Debug for the database, the default for all other loggers.
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
//! # Cost of a log line
//!
//! `tracing` queries the filter once per callsite and caches the result: always, never or sometimes. The result is
//! "sometimes" only if a context decides whether the line is logged, because a rule for the logger has criteria. All
//! other callsites cost the same as with a fixed level. When levels change, the filter makes `tracing` rebuild this
//! cache.
//!
//! # Names and levels
//!
//! The target `my_app::db::pool` corresponds to the logger `my_app.db.pool` ([`logger_path`]). Prefab has six levels
//! and `tracing` has five, so a logger at `FATAL` allows the same lines as a logger at `ERROR` ([`level_filter`]).

#![cfg_attr(docsrs, feature(doc_cfg))]

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
