//! The level of a logger: the closest key above its path that names one.

use prefab_core::LogLevel;

use crate::{Contexts, Host, Ruleset};

impl Ruleset {
    /// Returns the level for the logger `path` (`my_app.db.pool`), or `None` where no key above it
    /// names one.
    ///
    /// Looks at `log-level.my_app.db.pool`, `log-level.my_app.db`, `log-level.my_app`, `log-level`. Keys
    /// without a rule that holds, of another kind, or with `NOT_SET_LOG_LEVEL` are passed over.
    ///
    /// ```
    /// use prefab_core::LogLevel;
    /// use prefab_eval::{Contexts, FixedHost, Ruleset};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level.my_app", "rows": [{"values": [{"value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// let level = |path| ruleset.log_level(path, &Contexts::default(), &FixedHost::default());
    /// assert_eq!(level("my_app.db"), Some(LogLevel::Debug));
    /// assert_eq!(level("other"), None);
    /// # Ok::<(), prefab_core::datafile::DatafileError>(())
    /// ```
    pub fn log_level(&self, path: &str, contexts: &Contexts<'_>, host: &dyn Host) -> Option<LogLevel> {
        self.log_level_among(logger_keys(path), contexts, host)
    }

    /// Returns the level that the first of these logger paths names, each looked at by itself; `""` is the
    /// root.
    pub fn log_level_among<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p str>,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Option<LogLevel> {
        let configs = paths.into_iter().filter_map(|path| self.config(self.keys.logger(path)?));
        self.first_log_level(configs, contexts, host)
    }
}

/// Lists a path and all above it, the root, `""`, last.
///
/// ```
/// assert_eq!(prefab_eval::logger_keys("a.b").collect::<Vec<_>>(), ["a.b", "a", ""]);
/// ```
pub fn logger_keys(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| match path.rfind('.') {
        Some(dot) => Some(&path[..dot]),
        None if path.is_empty() => None,
        None => Some(""),
    })
}
