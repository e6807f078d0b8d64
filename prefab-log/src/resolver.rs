//! The source of the levels.

use prefab_core::{LevelSet, LogLevel};

/// Returns the levels of loggers; a Prefab client implements it.
///
/// `tracing` calls these methods on any thread, before any line of the program. They must be fast, and must not take a lock
/// that the program may hold while it logs. Lines that they log themselves are dropped, because filtering them would never
/// end.
///
/// # Examples
///
/// ```
/// use prefab_core::{LevelSet, LogLevel};
/// use prefab_log::LevelResolver;
///
/// /// All loggers at one level.
/// struct Everywhere(LogLevel);
///
/// impl LevelResolver for Everywhere {
///     fn level(&self, _: &str) -> Option<LogLevel> {
///         Some(self.0)
///     }
///     fn levels(&self, _: &str) -> LevelSet {
///         LevelSet::of(self.0)
///     }
///     fn levels_of_all(&self) -> LevelSet {
///         LevelSet::of(self.0)
///     }
/// }
/// assert_eq!(Everywhere(LogLevel::Info).level("my_app"), Some(LogLevel::Info));
/// ```
pub trait LevelResolver: Send + Sync {
    /// Returns the level of the logger `path` for the current work of this thread, or `None` if no config covers it.
    fn level(&self, path: &str) -> Option<LogLevel>;

    /// Returns every level that [`level`](Self::level) can return for `path` with any contexts, with [`LogLevel::NotSet`] for
    /// `None`.
    ///
    /// The result applies until the next [`RefreshHandle::refresh`](crate::RefreshHandle::refresh). If a level is missing in
    /// it, lines are lost. Unnecessary levels cost time.
    fn levels(&self, path: &str) -> LevelSet;

    /// Returns every level that any logger can have.
    fn levels_of_all(&self) -> LevelSet;

    /// Returns whether any config is loaded. Until then, the bootstrap level applies.
    fn is_ready(&self) -> bool {
        true
    }
}
