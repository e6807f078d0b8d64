//! Which levels are possible.

use std::fmt;

use crate::LogLevel;

/// A set of log levels: every answer that a logger's configs can give, whoever is asking.
///
/// [`LogLevel::NotSet`] stands for "they say nothing".
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
    /// No level at all.
    pub const EMPTY: Self = Self { bits: 0 };
    /// Every level, `NotSet` among them.
    pub const ALL: Self = Self { bits: (1 << LogLevel::ALL.len()) - 1 };

    /// Returns a set with one level.
    pub const fn of(level: LogLevel) -> Self {
        Self { bits: bit(level) }
    }

    /// Returns the levels of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Returns the set without `level`.
    #[must_use]
    pub const fn without(self, level: LogLevel) -> Self {
        Self { bits: self.bits & !bit(level) }
    }

    /// Returns the set with `default` in the place of `NotSet`.
    #[must_use]
    pub const fn or(self, default: LogLevel) -> Self {
        if self.contains(LogLevel::NotSet) {
            self.without(LogLevel::NotSet).union(Self::of(default))
        } else {
            self
        }
    }

    /// Tells whether `level` is in the set.
    pub const fn contains(self, level: LogLevel) -> bool {
        self.bits & bit(level) != 0
    }

    /// Tells whether there is no level.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Returns the level of a set of one.
    pub fn single(self) -> Option<LogLevel> {
        if self.bits.is_power_of_two() { self.iter().next() } else { None }
    }

    /// Returns the level that lets the most through, of those that name one.
    pub fn most_verbose(self) -> Option<LogLevel> {
        self.without(LogLevel::NotSet).iter().next()
    }

    /// Returns the level that lets the least through, of those that name one.
    pub fn least_verbose(self) -> Option<LogLevel> {
        self.without(LogLevel::NotSet).iter().last()
    }

    /// Lists the levels, `NotSet` first, then from the loudest to the quietest.
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
    fn a_set_knows_its_ends() {
        use LogLevel::{Debug, Error, Fatal, NotSet, Trace};
        let check = |levels: &[LogLevel], loudest, quietest, only| {
            let set: LevelSet = levels.iter().copied().collect();
            assert_eq!(
                (set.most_verbose(), set.least_verbose(), set.single()),
                (loudest, quietest, only),
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
    fn a_default_fills_the_gap_and_nothing_else() {
        assert_eq!(LevelSet::of(LogLevel::Info).or(LogLevel::Warn), LevelSet::of(LogLevel::Info));
        assert_eq!(LevelSet::of(LogLevel::NotSet).or(LogLevel::Warn), LevelSet::of(LogLevel::Warn));
        assert!(LevelSet::EMPTY.or(LogLevel::Warn).is_empty());
    }
}
