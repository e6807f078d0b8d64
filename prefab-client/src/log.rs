//! Log levels that change while a program runs: a `tracing` filter controlled by configs.
//!
//! Most programs need only [`Client::log_filter`]:
//!
//! ```
//! use prefab_client::{Client, LogLevel};
//! use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
//!
//! let client = Client::in_memory().value("log-level.my_app.db", LogLevel::Debug).build()?;
//! let lines = tracing_subscriber::fmt::layer().with_filter(client.log_filter());
//! # let _default =
//! tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
//!
//! tracing::debug!(target: "my_app::db::pool", "printed");
//! tracing::debug!(target: "my_app::web", "not printed: the default level is WARN");
//! # Ok::<(), prefab_client::Error>(())
//! ```
//!
//! # Which level applies
//!
//! The logger of a line is its target: the path of its module, with `.` in place of `::`. The closest key above it
//! determines the level: `log-level.my_app.db.pool`, then `log-level.my_app.db`, then `log-level.my_app`, then
//! `log-level`. Rules are evaluated with the contexts of the current [`scope`](crate::scope) and of the client.
//!
//! The client's own lines have the target `cloud.prefab.client.rust`. If only the root key covers it, the key
//! `log-level.prefab` applies, too.

mod levels;
mod options;

use crate::Client;

pub use options::LogOptions;
pub use prefab_log::{LineCounts, LogFilter, LoggerLineCounts};

#[cfg_attr(docsrs, doc(cfg(feature = "log")))]
impl Client {
    /// Returns a filter for `tracing` with the levels of the `log-level` configs; see the module [`log`](crate::log).
    ///
    /// The filter applies every change. Until the first config is loaded, the level is that of
    /// `PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL`, or `WARN`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    /// use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
    ///
    /// let client = Client::in_memory().build()?;
    /// let lines = tracing_subscriber::fmt::layer().with_filter(client.log_filter());
    /// let subscriber = tracing_subscriber::registry().with(lines);
    /// # drop(subscriber);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn log_filter(&self) -> LogFilter {
        self.log_filter_with(&LogOptions::from_env())
    }

    /// Returns the same filter as [`log_filter`](Self::log_filter), with other defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, LogLevel, log::LogOptions};
    ///
    /// let client = Client::in_memory().build()?;
    /// let filter = client.log_filter_with(&LogOptions::default().default_level(LogLevel::Info));
    /// # drop(filter);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn log_filter_with(&self, options: &LogOptions) -> LogFilter {
        let filter = options.filter();
        self.attach_log_filter(&filter, options);
        filter
    }

    /// Connects a filter that was created before the client, so that the lines of the start are filtered, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, log::LogOptions};
    /// use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
    ///
    /// let options = LogOptions::from_env();
    /// let filter = options.filter();
    /// let lines = tracing_subscriber::fmt::layer().with_filter(filter.clone());
    /// # let _default =
    /// tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
    ///
    /// let client = Client::in_memory().build()?; // its own lines are filtered with the bootstrap level
    /// client.attach_log_filter(&filter, &options);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn attach_log_filter(&self, filter: &LogFilter, options: &LogOptions) {
        let engine = &self.inner().engine;
        #[cfg(feature = "telemetry")]
        if let Some(recorder) = &engine.recorder {
            recorder.count_lines_of(filter);
        }
        levels::attach(engine, filter, options);
    }
}
