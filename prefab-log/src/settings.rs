//! Levels that apply where no config does.

use prefab_core::LogLevel;

/// The environment variable for the level until the first config is loaded: `trace` to `fatal`, in any case.
///
/// A Prefab client reads it; this crate does not.
///
/// # Examples
///
/// ```
/// let level = std::env::var(prefab_log::BOOTSTRAP_LEVEL_VAR);
/// # drop(level);
/// ```
pub const BOOTSTRAP_LEVEL_VAR: &str = "PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL";

/// Levels that apply where no config does.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// use prefab_log::{LogFilter, Settings};
///
/// let filter = LogFilter::new(Settings { default: LogLevel::Info, ..Settings::default() });
/// # drop(filter);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The level of all loggers until the first config is loaded.
    pub bootstrap: LogLevel,
    /// The level of loggers that no config covers.
    pub default: LogLevel,
    /// Whether lines that pass the filter are counted; see [`LogFilter::line_counts`](crate::LogFilter::line_counts).
    pub count_lines: bool,
}

impl Default for Settings {
    /// Returns `WARN` for both levels, as all Prefab clients do, without counting.
    fn default() -> Self {
        Self { bootstrap: LogLevel::Warn, default: LogLevel::Warn, count_lines: false }
    }
}
