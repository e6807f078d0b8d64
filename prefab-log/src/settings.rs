//! What holds where no config speaks.

use prefab_core::LogLevel;

/// The environment variable that names the level until configs are there: `trace` to `fatal`, in any case.
///
/// This crate does not read it; a Prefab client does.
pub const BOOTSTRAP_LEVEL_VAR: &str = "PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL";

/// The levels that hold where no config names one.
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
    /// Holds before the first config is there.
    pub bootstrap: LogLevel,
    /// Holds afterwards, for loggers that no config covers.
    pub default: LogLevel,
    /// Whether the lines let through are counted; see [`LogFilter::line_counts`](crate::LogFilter::line_counts).
    pub count_lines: bool,
}

impl Default for Settings {
    /// Returns `WARN` for both, as every Prefab client does, and no counting.
    fn default() -> Self {
        Self { bootstrap: LogLevel::Warn, default: LogLevel::Warn, count_lines: false }
    }
}
