//! How Prefab's six levels and `tracing`'s five meet.

use prefab_core::LogLevel;
use tracing_core::{Level, LevelFilter};

/// Returns the Prefab level of a line.
pub fn line_level(level: Level) -> LogLevel {
    match level {
        Level::TRACE => LogLevel::Trace,
        Level::DEBUG => LogLevel::Debug,
        Level::INFO => LogLevel::Info,
        Level::WARN => LogLevel::Warn,
        Level::ERROR => LogLevel::Error,
    }
}

/// Returns the lines that a logger at `level` lets through.
///
/// `tracing` has no level above `ERROR`, so `FATAL` lets errors through, as the Java client's logback does.
/// A logger cannot be silenced altogether, and `NOT_SET_LOG_LEVEL`, which names no level, holds nothing back.
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
    fn a_logger_lets_its_own_level_and_graver_ones_through() {
        for line in [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR] {
            for logger in LogLevel::ALL {
                // Errors are as grave as it gets here.
                let expected = logger.min(LogLevel::Error).allows(line_level(line));
                assert_eq!(level_filter(logger) >= line, expected, "{line} at {logger}");
            }
        }
    }
}
