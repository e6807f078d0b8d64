//! The level of a logger.

use prefab_core::LogLevel;

use crate::{Contexts, Host, Ruleset, keys::normalized};

impl Ruleset {
    /// Returns the level of the logger `path`, for example `my_app.db`, or `None` if no config sets it.
    ///
    /// Evaluates `log-level.my_app.db`, `log-level.my_app` and `log-level`, in this order, and returns the first level.
    /// Skips keys without a matching rule, with a value of another type, or with `NOT_SET_LOG_LEVEL`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, LogLevel, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level.my_app", "rows": [{"values": [{"value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// let level = |path| ruleset.log_level(path, &Contexts::default(), &SystemHost);
    /// assert_eq!(level("my_app.db"), Some(LogLevel::Debug));
    /// assert_eq!(level("other"), None);
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn log_level(&self, path: &str, contexts: &Contexts<'_>, host: &dyn Host) -> Option<LogLevel> {
        self.log_level_among(logger_keys(&normalized(path)), contexts, host)
    }

    /// Returns the key of the config for the level of exactly this logger: `log-level.my_app.db` or
    /// `log-level.my_app::db` for `my_app.db`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::Ruleset;
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level.my_app::db", "rows": [{"values": [{"value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// assert_eq!(ruleset.log_level_key("my_app.db"), Some("log-level.my_app::db"));
    /// assert_eq!(ruleset.log_level_key("my_app"), None);
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn log_level_key(&self, path: &str) -> Option<&str> {
        self.logger_slot(&normalized(path)).map(|slot| self.keys.name(slot))
    }

    /// Returns the level of the first of these loggers that has one. Does not look at the loggers above them; `""` is
    /// the root logger.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, LogLevel, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "log-level.my_app", "rows": [{"values": [{"value": {"logLevel": "DEBUG"}}]}]}
    /// ]}"#)?;
    /// let among = |paths: [&str; 2]| ruleset.log_level_among(paths, &Contexts::default(), &SystemHost);
    /// assert_eq!(among(["my_app.db", "my_app"]), Some(LogLevel::Debug));
    /// assert_eq!(among(["my_app.db", "other"]), None);
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    pub fn log_level_among<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p str>,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Option<LogLevel> {
        let configs = paths.into_iter().filter_map(|path| self.config(self.logger_slot(path)?));
        self.first_log_level(configs, contexts, host)
    }

    /// Returns the slot of the config for the level of exactly this logger. The path is written with `.`.
    #[inline]
    pub(crate) fn logger_slot(&self, path: &str) -> Option<u32> {
        self.keys.logger(path, |slot| self.config(slot).is_some())
    }
}

/// Returns a logger path and all paths above it. The last is the root, `""`.
///
/// # Examples
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
