//! Log levels that change while a program runs: a `tracing` filter steered by configs.
//!
//! [`Client::log_filter`] is all that most programs need:
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
//! tracing::debug!(target: "my_app::web", "held back: the default is WARN");
//! # Ok::<(), prefab_client::Error>(())
//! ```
//!
//! A logger is the target of a line, which is the path of its module, with `.` for `::`. Its level is the
//! one of the closest key above it: `log-level.my_app.db.pool`, `log-level.my_app.db`, `log-level.my_app`,
//! `log-level`. Rules are asked with the contexts of the [`scope`](crate::scope) that is open around the line,
//! and the client's own.
//!
//! The client's own lines are those of `cloud.prefab.client.rust`. Where no key below the root covers that
//! path, `log-level.prefab` is asked, too.

mod levels;
mod options;

use crate::Client;

pub use options::LogOptions;
pub use prefab_log::{LineCounts, LogFilter, LoggerLineCounts};

impl Client {
    /// Returns a filter for `tracing` whose levels are the ones of `log-level` configs; see [`log`](crate::log).
    ///
    /// It follows every change. Until there is any config, it holds to the level that
    /// `PREFAB_LOG_CLIENT_BOOTSTRAP_LOG_LEVEL` names, else to `WARN`.
    pub fn log_filter(&self) -> LogFilter {
        self.log_filter_with(&LogOptions::from_env())
    }

    /// Returns a filter as [`log_filter`](Self::log_filter) does, with other defaults.
    pub fn log_filter_with(&self, options: &LogOptions) -> LogFilter {
        let filter = options.filter();
        self.attach_log_filter(&filter, options);
        filter
    }

    /// Steers a filter that was made before the client was, so that the lines of the start are filtered, too.
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
    /// let client = Client::in_memory().build()?; // its own lines pass the filter at the bootstrap level
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
