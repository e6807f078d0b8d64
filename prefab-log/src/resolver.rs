//! Who knows the levels.

use prefab_core::{LevelSet, LogLevel};

/// Knows the levels that configs give to loggers; a Prefab client is one.
///
/// All methods are called from within `tracing`, on any thread, between any two lines of a program. They must
/// be quick and hold no lock that the program could hold while it logs. Whatever they log themselves is
/// dropped: a filter that had to filter its own lines would never come to an end.
pub trait LevelResolver: Send + Sync {
    /// Returns the level of the logger `path` for the work that is going on on this thread; `None` where no
    /// config names one.
    fn level(&self, path: &str) -> Option<LogLevel>;

    /// Returns every answer that [`level`](Self::level) can give for `path`, whoever is asking, with
    /// [`LogLevel::NotSet`] for `None`.
    ///
    /// It holds until the next [`RefreshHandle::refresh`](crate::RefreshHandle::refresh). A set that lacks an answer makes lines
    /// vanish; one that holds too many costs time.
    fn levels(&self, path: &str) -> LevelSet;

    /// Returns every answer that any logger can get.
    fn levels_of_all(&self) -> LevelSet;

    /// Tells whether there is any config yet; before that, the bootstrap level holds.
    fn is_ready(&self) -> bool {
        true
    }
}
