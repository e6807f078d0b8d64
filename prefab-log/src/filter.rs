//! The filter.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{LevelResolver, LineCounts, Settings, state::State};

/// Filters lines and spans by the levels of their loggers.
///
/// It is a [`Filter`](tracing_subscriber::layer::Filter) for one layer, and a [`Layer`](tracing_subscriber::Layer) that
/// filters for all layers. Use the first if other layers have their own filters. Clones share all state.
///
/// A filter can be created before the client, so that the first lines of a program are filtered, too. Until
/// [`attach`](Self::attach) and the first config, [`Settings::bootstrap`] applies.
///
/// # Examples
///
/// ```
/// use prefab_log::{LogFilter, Settings};
/// use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
///
/// # struct Printer;
/// # impl<S: tracing_core::Subscriber> tracing_subscriber::Layer<S> for Printer {}
/// let filter = LogFilter::new(Settings::default());
/// let subscriber = tracing_subscriber::registry().with(Printer.with_filter(filter.clone()));
/// # drop(subscriber);
/// ```
#[derive(Clone)]
pub struct LogFilter {
    pub(crate) state: Arc<State>,
}

impl LogFilter {
    /// Returns a filter without a resolver: all loggers have the bootstrap level.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::{LogFilter, Settings};
    /// use tracing::{Level, enabled};
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let filter = LogFilter::new(Settings::default());
    /// tracing::subscriber::with_default(tracing_subscriber::registry().with(filter), || {
    ///     assert!(enabled!(Level::WARN));
    ///     assert!(!enabled!(Level::INFO));
    /// });
    /// ```
    pub fn new(settings: Settings) -> Self {
        Self { state: Arc::new(State::new(settings)) }
    }

    /// Sets the resolver of the levels. Returns a handle to call after each change of them.
    ///
    /// A filter has one resolver: later calls have no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicBool, Ordering}};
    /// use prefab_core::{LevelSet, LogLevel};
    /// use prefab_log::{LevelResolver, LogFilter, Settings};
    ///
    /// #[derive(Default)]
    /// struct Verbose(AtomicBool);
    ///
    /// impl LevelResolver for Verbose {
    ///     fn level(&self, _: &str) -> Option<LogLevel> {
    ///         Some(if self.0.load(Ordering::Relaxed) { LogLevel::Debug } else { LogLevel::Warn })
    ///     }
    ///     fn levels(&self, path: &str) -> LevelSet {
    ///         LevelSet::of(self.level(path).unwrap_or(LogLevel::NotSet))
    ///     }
    ///     fn levels_of_all(&self) -> LevelSet {
    ///         self.levels("")
    ///     }
    /// }
    ///
    /// let verbose = Arc::new(Verbose::default());
    /// let refresh = LogFilter::new(Settings::default()).attach(verbose.clone());
    /// verbose.0.store(true, Ordering::Relaxed);
    /// refresh.refresh();
    /// ```
    pub fn attach(&self, resolver: Arc<dyn LevelResolver>) -> RefreshHandle {
        self.state.attach(resolver);
        self.state.refresh();
        self.refresh_handle()
    }

    /// Returns a handle to call after each change of the levels.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::{LogFilter, Settings};
    ///
    /// let filter = LogFilter::new(Settings::default());
    /// filter.refresh_handle().refresh();
    /// ```
    pub fn refresh_handle(&self) -> RefreshHandle {
        RefreshHandle { state: Arc::downgrade(&self.state) }
    }

    /// Returns the counts of lines by logger and level, if [`Settings::count_lines`] is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::{LogFilter, Settings};
    ///
    /// let filter = LogFilter::new(Settings { count_lines: true, ..Settings::default() });
    /// assert!(filter.line_counts().is_some_and(|counts| counts.take().is_empty()));
    /// ```
    pub fn line_counts(&self) -> Option<&LineCounts> {
        self.state.counts.as_ref()
    }

    /// Counts lines in `counts` as well, in addition to [`line_counts`](Self::line_counts).
    ///
    /// A filter counts into one such collector: later calls have no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use prefab_log::{LineCounts, LogFilter, Settings};
    ///
    /// let counts = Arc::new(LineCounts::default());
    /// LogFilter::new(Settings::default()).count_into(counts.clone());
    /// assert!(counts.take().is_empty());
    /// ```
    pub fn count_into(&self, counts: Arc<LineCounts>) {
        // An error means that a collector is set already; it remains.
        let _ = self.state.also_counts.set(counts);
    }

    /// Keeps the maximum level of the `log` crate equal to that of `tracing`.
    ///
    /// Call this if a bridge sends lines of the `log` crate to `tracing`. Otherwise, the maximum level of `log` remains what
    /// it was at startup, and a logger that is set to debug later prints nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::{LogFilter, Settings};
    ///
    /// LogFilter::new(Settings::default()).sync_log_max_level();
    /// ```
    pub fn sync_log_max_level(&self) {
        self.state.sync_log_max_level();
    }

    /// Sends lines of the `log` crate to `tracing` and keeps its maximum level in sync.
    ///
    /// # Errors
    ///
    /// If `log` already has a logger. If that logger is a bridge to `tracing`, too, ignore the error: the maximum level is
    /// kept in sync in any case. `tracing_subscriber`'s `init` sets such a bridge with its feature `tracing-log`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::{LogFilter, Settings};
    ///
    /// let filter = LogFilter::new(Settings::default());
    /// filter.bridge_log()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bridge_log(&self) -> Result<(), log::SetLoggerError> {
        // The bridge passes all lines on until the maximum level is set below.
        let bridged = log::set_boxed_logger(Box::new(tracing_log::LogTracer::new()));
        self.sync_log_max_level();
        bridged
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFilter").field("settings", &self.state.settings).finish_non_exhaustive()
    }
}

/// Makes a [`LogFilter`] apply changed levels. It does not keep the filter alive.
///
/// # Examples
///
/// ```
/// use prefab_log::{LogFilter, RefreshHandle, Settings};
///
/// let filter = LogFilter::new(Settings::default());
/// let handle: RefreshHandle = filter.refresh_handle();
/// handle.refresh();
/// ```
#[derive(Clone)]
pub struct RefreshHandle {
    state: Weak<State>,
}

impl RefreshHandle {
    /// Re-evaluates the level of every line of the program. Call it after the results of the resolver have changed.
    pub fn refresh(&self) {
        if let Some(state) = self.state.upgrade() {
            state.refresh();
        }
    }
}

impl fmt::Debug for RefreshHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshHandle").finish_non_exhaustive()
    }
}
