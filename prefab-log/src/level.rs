//! Conversion between the six levels of Prefab and the five of `tracing`.

use prefab_core::LogLevel;
use tracing_core::{Level, LevelFilter};

/// Returns the Prefab level of a line.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// use tracing_core::Level;
///
/// assert_eq!(prefab_log::line_level(Level::WARN), LogLevel::Warn);
/// ```
pub fn line_level(level: Level) -> LogLevel {
    match level {
        Level::TRACE => LogLevel::Trace,
        Level::DEBUG => LogLevel::Debug,
        Level::INFO => LogLevel::Info,
        Level::WARN => LogLevel::Warn,
        Level::ERROR => LogLevel::Error,
    }
}

/// Returns the lines that a logger with `level` prints.
///
/// `tracing` has no level above `ERROR`, so a logger at `FATAL` prints errors, as in the official Java client.
/// `NOT_SET_LOG_LEVEL` prints everything. No level disables a logger completely.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// use tracing_core::LevelFilter;
///
/// assert_eq!(prefab_log::level_filter(LogLevel::Warn), LevelFilter::WARN);
/// assert_eq!(prefab_log::level_filter(LogLevel::Fatal), LevelFilter::ERROR);
/// ```
pub fn level_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::NotSet | LogLevel::Trace => LevelFilter::TRACE,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Fatal => LevelFilter::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logger_prints_its_own_level_and_more_severe_ones() {
        for line in [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR] {
            for logger in LogLevel::ALL {
                // `ERROR` is the most severe level of `tracing`.
                let expected = logger.min(LogLevel::Error).allows(line_level(line));
                assert_eq!(level_filter(logger) >= line, expected, "{line} at {logger}");
            }
        }
    }
}
