//! The six log levels, ordered from the least severe to the most severe.
//!
//! # Examples
//!
//! ```
//! use prefab_core::log_level::LogLevel;
//! assert_eq!("debug".parse(), Ok(LogLevel::Debug));
//! ```

use std::{fmt, str::FromStr};

/// A log level: `Trace < Debug < Info < Warn < Error < Fatal`.
///
/// A config with the level `NotSet` sets no level; the level of the next logger above it applies.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// assert!(LogLevel::Warn > LogLevel::Info);
/// assert_eq!(LogLevel::Warn.to_string(), "WARN");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// No level.
    #[default]
    NotSet,
    /// The finest detail.
    Trace,
    /// Detail for debugging.
    Debug,
    /// Normal events.
    Info,
    /// Something may be wrong.
    Warn,
    /// An operation failed.
    Error,
    /// The program cannot continue. `tracing` has no such level and uses `ERROR` for it.
    Fatal,
}

impl LogLevel {
    /// Every level, in order, `NotSet` first.
    pub const ALL: [Self; 7] =
        [Self::NotSet, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Returns the name on the wire.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::LogLevel;
    /// assert_eq!(LogLevel::Warn.name(), "WARN");
    /// assert_eq!(LogLevel::NotSet.name(), "NOT_SET_LOG_LEVEL");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSet => "NOT_SET_LOG_LEVEL",
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// Returns the number on the wire. The gaps in the numbers are part of the protocol.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::LogLevel;
    /// assert_eq!((LogLevel::Info.number(), LogLevel::Warn.number()), (3, 5));
    /// ```
    pub fn number(self) -> i32 {
        match self {
            Self::NotSet => 0,
            Self::Trace => 1,
            Self::Debug => 2,
            Self::Info => 3,
            Self::Warn => 5,
            Self::Error => 6,
            Self::Fatal => 9,
        }
    }

    /// Returns the level with this number on the wire.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::LogLevel;
    /// assert_eq!(LogLevel::from_number(5), Some(LogLevel::Warn));
    /// assert_eq!(LogLevel::from_number(4), None);
    /// ```
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Returns whether a line of level `line` is printed by a logger of level `self`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::LogLevel;
    /// assert!(LogLevel::Info.allows(LogLevel::Error));
    /// assert!(!LogLevel::Info.allows(LogLevel::Debug));
    /// ```
    pub fn allows(self, line: Self) -> bool {
        line >= self
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a text that is not the name of a log level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown log level `{text}`: expected trace, debug, info, warn, error or fatal")]
pub struct LogLevelError {
    text: String,
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    /// Parses the name of a level, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| LogLevelError { text: text.chars().take(40).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_round_trips_by_name_and_by_number() {
        for level in LogLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(level.name().to_lowercase().parse(), Ok(level));
            assert_eq!(LogLevel::from_number(level.number()), Some(level));
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_levels() {
        assert_eq!(
            "verbose".parse::<LogLevel>().unwrap_err().to_string(),
            "unknown log level `verbose`: expected trace, debug, info, warn, error or fatal"
        );
    }
}
