//! May this line be printed? Prefab log levels for `tracing`, decided while the program runs.
//!
//! Start with [`logger_path`], which says how Rust's names and Prefab's meet, and [`level_filter`], which says
//! how the levels do.
//!
//! ```
//! use prefab_core::LogLevel;
//! use prefab_log::{level_filter, logger_path};
//! use tracing_core::{Level, LevelFilter};
//!
//! // The lines of this module are steered by `log-level.my_app.db.pool`, and by what is above it.
//! assert_eq!(logger_path("my_app::db::pool"), "my_app.db.pool");
//!
//! assert_eq!(level_filter(LogLevel::Debug), LevelFilter::DEBUG);
//! assert!(level_filter(LogLevel::Debug) >= Level::INFO);
//! ```

mod level;
mod path;

pub use level::{level_filter, line_level};
pub use path::logger_path;
