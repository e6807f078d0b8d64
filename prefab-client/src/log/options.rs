//! What a program can choose about its log filter.

use prefab_core::LogLevel;
use prefab_log::{LogFilter, Settings};

use crate::{env, log_target::LOG};

/// The defaults of a log filter, and where else than in the `log-level` tree it looks.
///
/// ```
/// use prefab_client::{LogLevel, log::LogOptions};
///
/// let options = LogOptions::default().default_level(LogLevel::Info).logger_key("log-levels.default");
/// # drop(options);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    settings: Settings,
    pub(super) logger_key: Option<String>,
}

impl LogOptions {
    /// Returns the defaults, with the bootstrap level that `PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL` names.
    pub fn from_env() -> Self {
        let options = Self::default();
        let Some(text) = env::setting(env::BOOTSTRAP_LOG_LEVEL) else { return options };
        match text.trim().parse() {
            Ok(level) => options.bootstrap_level(level),
            Err(error) => {
                let variable = env::BOOTSTRAP_LOG_LEVEL;
                tracing::warn!(target: LOG, variable, %error, "the default bootstrap level is used instead");
                options
            }
        }
    }

    /// Sets the level that holds until there is any config; `WARN` at first.
    #[must_use]
    pub fn bootstrap_level(mut self, level: LogLevel) -> Self {
        self.settings.bootstrap = level;
        self
    }

    /// Sets the level of loggers that no config covers; `WARN` at first.
    #[must_use]
    pub fn default_level(mut self, level: LogLevel) -> Self {
        self.settings.default = level;
        self
    }

    /// Names one config with the levels of all loggers, asked where the `log-level` tree says nothing.
    ///
    /// Its rules ask for `reforge-sdk-logging.logger-path` or `quonfig-sdk-logging.key`. The newer services
    /// call it `log-levels.default`.
    #[must_use]
    pub fn logger_key(mut self, key: impl Into<String>) -> Self {
        self.logger_key = Some(key.into());
        self
    }

    /// Sets whether the lines let through are counted; they are not at first.
    #[must_use]
    pub fn count_lines(mut self, count: bool) -> Self {
        self.settings.count_lines = count;
        self
    }

    /// Returns a filter that no client steers yet; see
    /// [`attach_log_filter`](crate::Client::attach_log_filter).
    pub fn filter(&self) -> LogFilter {
        LogFilter::new(self.settings)
    }
}
