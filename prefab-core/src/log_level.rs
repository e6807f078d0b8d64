//! The six levels a line can have, ordered from the most talkative to the gravest.

use std::{fmt, str::FromStr};

/// A log level, as Prefab orders them: `Trace < Debug < Info < Warn < Error < Fatal`.
///
/// `NotSet` is what a config says that names no level; a look-up walks past it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// No level is named.
    #[default]
    NotSet,
    /// The finest detail.
    Trace,
    /// Detail for debugging.
    Debug,
    /// Ordinary events.
    Info,
    /// Something looks wrong.
    Warn,
    /// Something went wrong.
    Error,
    /// The program cannot go on. `tracing` has no such level; it is shown as an error there.
    Fatal,
}

impl LogLevel {
    /// Every level, in order, `NotSet` first.
    pub const ALL: [Self; 7] =
        [Self::NotSet, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Returns the name on the wire: `WARN`, or `NOT_SET_LOG_LEVEL`.
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

    /// Returns the number on the wire. The gaps were held back for levels that never came.
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
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// Tells whether a line of level `line` may be printed where `self` is the effective level.
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

/// A text that names no log level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown log level `{text}`: expected trace, debug, info, warn, error or fatal")]
pub struct LogLevelError {
    text: String,
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    /// Reads a level in any case.
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
    fn every_level_survives_its_name_and_its_number() {
        for level in LogLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(level.name().to_lowercase().parse(), Ok(level));
            assert_eq!(LogLevel::from_number(level.number()), Some(level));
        }
    }

    #[test]
    fn an_unknown_name_says_what_would_do() {
        assert_eq!(
            "verbose".parse::<LogLevel>().unwrap_err().to_string(),
            "unknown log level `verbose`: expected trace, debug, info, warn, error or fatal"
        );
    }
}
