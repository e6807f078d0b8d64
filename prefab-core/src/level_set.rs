//! Sets of log levels.
//!
//! # Examples
//!
//! ```
//! use prefab_core::{LogLevel, level_set::LevelSet};
//! assert!(LevelSet::ALL.contains(LogLevel::Debug));
//! ```

use std::fmt;

use crate::LogLevel;

/// A set of log levels: every level that a logger can have, over all contexts.
///
/// [`LogLevel::NotSet`] means that no config sets a level.
///
/// # Examples
///
/// ```
/// use prefab_core::{LevelSet, LogLevel};
///
/// let levels = LevelSet::from_iter([LogLevel::Debug, LogLevel::NotSet]).or(LogLevel::Warn);
/// assert_eq!(levels.most_verbose(), Some(LogLevel::Debug));
/// assert_eq!(levels.least_verbose(), Some(LogLevel::Warn));
/// assert_eq!(levels.single(), None);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LevelSet {
    bits: u8,
}

impl LevelSet {
    /// The empty set.
    pub const EMPTY: Self = Self { bits: 0 };
    /// Every level, including `NotSet`.
    pub const ALL: Self = Self { bits: (1 << LogLevel::ALL.len()) - 1 };

    /// Creates a set with one level.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{LevelSet, LogLevel};
    /// assert_eq!(LevelSet::of(LogLevel::Warn).single(), Some(LogLevel::Warn));
    /// ```
    pub const fn of(level: LogLevel) -> Self {
        Self { bits: bit(level) }
    }

    /// Returns the levels that are in either set.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{LevelSet, LogLevel};
    /// let both = LevelSet::of(LogLevel::Info).union(LevelSet::of(LogLevel::Warn));
    /// assert_eq!(both.iter().count(), 2);
    /// ```
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Returns the set without `level`.
    #[must_use]
    pub const fn without(self, level: LogLevel) -> Self {
        Self { bits: self.bits & !bit(level) }
    }

    /// Replaces `NotSet` by `default`. A set without `NotSet` stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{LevelSet, LogLevel};
    /// assert_eq!(LevelSet::of(LogLevel::NotSet).or(LogLevel::Warn), LevelSet::of(LogLevel::Warn));
    /// assert_eq!(LevelSet::of(LogLevel::Info).or(LogLevel::Warn), LevelSet::of(LogLevel::Info));
    /// ```
    #[must_use]
    pub const fn or(self, default: LogLevel) -> Self {
        if self.contains(LogLevel::NotSet) {
            self.without(LogLevel::NotSet).union(Self::of(default))
        } else {
            self
        }
    }

    /// Returns whether `level` is in the set.
    pub const fn contains(self, level: LogLevel) -> bool {
        self.bits & bit(level) != 0
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Returns the level if the set has exactly one.
    pub fn single(self) -> Option<LogLevel> {
        if self.bits.is_power_of_two() { self.iter().next() } else { None }
    }

    /// Returns the most verbose level in the set, ignoring `NotSet`.
    pub fn most_verbose(self) -> Option<LogLevel> {
        self.without(LogLevel::NotSet).iter().next()
    }

    /// Returns the least verbose level in the set, ignoring `NotSet`.
    pub fn least_verbose(self) -> Option<LogLevel> {
        self.without(LogLevel::NotSet).iter().last()
    }

    /// Returns the levels in order: `NotSet`, then from the most verbose to the least verbose.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{LevelSet, LogLevel};
    /// let levels = LevelSet::from_iter([LogLevel::Error, LogLevel::Debug]);
    /// assert_eq!(levels.iter().collect::<Vec<_>>(), [LogLevel::Debug, LogLevel::Error]);
    /// ```
    pub fn iter(self) -> impl Iterator<Item = LogLevel> {
        LogLevel::ALL.into_iter().filter(move |level| self.contains(*level))
    }
}

const fn bit(level: LogLevel) -> u8 {
    1 << level as u8
}

impl FromIterator<LogLevel> for LevelSet {
    fn from_iter<I: IntoIterator<Item = LogLevel>>(levels: I) -> Self {
        levels.into_iter().map(Self::of).fold(Self::EMPTY, Self::union)
    }
}

impl fmt::Debug for LevelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_returns_its_most_and_least_verbose_level() {
        use LogLevel::{Debug, Error, Fatal, NotSet, Trace};
        let check = |levels: &[LogLevel], most_verbose, least_verbose, single| {
            let set: LevelSet = levels.iter().copied().collect();
            assert_eq!(
                (set.most_verbose(), set.least_verbose(), set.single()),
                (most_verbose, least_verbose, single),
                "{set:?}"
            );
        };
        check(&[], None, None, None);
        check(&[NotSet], None, None, Some(NotSet));
        check(&[Debug], Some(Debug), Some(Debug), Some(Debug));
        check(&[NotSet, Error, Trace], Some(Trace), Some(Error), None);
        check(&[Fatal, Debug], Some(Debug), Some(Fatal), None);
        assert_eq!(LevelSet::ALL.iter().collect::<Vec<_>>(), LogLevel::ALL);
    }

    #[test]
    fn a_default_replaces_only_a_level_that_is_not_set() {
        assert_eq!(LevelSet::of(LogLevel::Info).or(LogLevel::Warn), LevelSet::of(LogLevel::Info));
        assert_eq!(LevelSet::of(LogLevel::NotSet).or(LogLevel::Warn), LevelSet::of(LogLevel::Warn));
        assert!(LevelSet::EMPTY.or(LogLevel::Warn).is_empty());
    }
}
