//! Options of a log filter.

use prefab_core::LogLevel;
use prefab_log::{LogFilter, Settings};

use crate::{env, log_target::LOG};

/// Options of a log filter: its default levels, and a single config with the levels of all loggers.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, LogLevel, log::LogOptions};
///
/// let client = Client::in_memory().build()?;
/// let options = LogOptions::default().default_level(LogLevel::Info).logger_key("log-levels.default");
/// let filter = client.log_filter_with(&options);
/// # drop(filter);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    settings: Settings,
    pub(super) logger_key: Option<String>,
}

impl LogOptions {
    /// Returns the default options, with the bootstrap level of `PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL`.
    ///
    /// An invalid level is logged and ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::log::LogOptions;
    ///
    /// let options = LogOptions::from_env();
    /// # drop(options);
    /// ```
    pub fn from_env() -> Self {
        let options = Self::default();
        let Some(text) = env::setting(env::BOOTSTRAP_LOG_LEVEL) else { return options };
        match text.trim().parse() {
            Ok(level) => options.bootstrap_level(level),
            Err(error) => {
                let variable = env::BOOTSTRAP_LOG_LEVEL;
                tracing::warn!(target: LOG, variable, %error, "invalid bootstrap log level; using WARN");
                options
            }
        }
    }

    /// Sets the level of all loggers until the first config is loaded. Default: `WARN`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{LogLevel, log::LogOptions};
    ///
    /// let options = LogOptions::default().bootstrap_level(LogLevel::Debug);
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn bootstrap_level(mut self, level: LogLevel) -> Self {
        self.settings.bootstrap = level;
        self
    }

    /// Sets the level of loggers that no config covers. Default: `WARN`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{LogLevel, log::LogOptions};
    ///
    /// let options = LogOptions::default().default_level(LogLevel::Info);
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn default_level(mut self, level: LogLevel) -> Self {
        self.settings.default = level;
        self
    }

    /// Sets the key of a single config with the levels of all loggers. It applies where no `log-level` key does.
    ///
    /// Its rules match `reforge-sdk-logging.logger-path` or `quonfig-sdk-logging.key`. The usual key is
    /// `log-levels.default`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::log::LogOptions;
    ///
    /// let options = LogOptions::default().logger_key("log-levels.default");
    /// # drop(options);
    /// ```
    #[must_use]
    pub fn logger_key(mut self, key: impl Into<String>) -> Self {
        self.logger_key = Some(key.into());
        self
    }

    /// Sets whether the filter counts the lines that pass it; see
    /// [`LogFilter::line_counts`](prefab_log::LogFilter::line_counts). Default: `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::log::LogOptions;
    ///
    /// let filter = LogOptions::default().count_lines(true).filter();
    /// assert!(filter.line_counts().is_some());
    /// ```
    #[must_use]
    pub fn count_lines(mut self, count: bool) -> Self {
        self.settings.count_lines = count;
        self
    }

    /// Returns a filter that no client controls yet; see [`attach_log_filter`](crate::Client::attach_log_filter).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::log::LogOptions;
    ///
    /// let filter = LogOptions::default().filter();
    /// # drop(filter);
    /// ```
    pub fn filter(&self) -> LogFilter {
        LogFilter::new(self.settings)
    }
}
