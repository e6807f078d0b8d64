//! The filter, as everybody holds it.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{LevelResolver, LineCounts, Settings, state::State};

/// Lets lines and spans through by the levels that Prefab configs give to their loggers.
///
/// It is a [`Filter`](tracing_subscriber::layer::Filter) for one layer, which is what to use where other layers
/// have their own idea, and a [`Layer`](tracing_subscriber::Layer) that filters for all of them. Clones share
/// everything.
///
/// It can be made before there is a client, so that the first lines of a program are filtered, too: until
/// [`attach`](Self::attach) and the first config, [`Settings::bootstrap`] holds.
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
    /// Returns a filter that nobody has told any level yet.
    pub fn new(settings: Settings) -> Self {
        Self { state: Arc::new(State::new(settings)) }
    }

    /// Takes levels from `resolver` from now on and returns what tells the filter of news.
    ///
    /// A filter takes its levels from one resolver for good; a second one is not listened to.
    pub fn attach(&self, resolver: Arc<dyn LevelResolver>) -> RefreshHandle {
        self.state.attach(resolver);
        self.state.refresh();
        self.refresh_handle()
    }

    /// Returns what tells the filter of news.
    pub fn refresh_handle(&self) -> RefreshHandle {
        RefreshHandle { state: Arc::downgrade(&self.state) }
    }

    /// Returns the counts of lines by logger and level, where [`Settings::count_lines`] asked for them.
    pub fn line_counts(&self) -> Option<&LineCounts> {
        self.state.counts.as_ref()
    }

    /// Counts the lines in `counts` from now on, beside [`line_counts`](Self::line_counts).
    ///
    /// A filter does so for one in all; a second one stays empty.
    pub fn count_into(&self, counts: Arc<LineCounts>) {
        // The first one stays.
        let _ = self.state.also_counts.set(counts);
    }

    /// Keeps the maximum level of the `log` facade in step with the levels, from now on.
    ///
    /// For programs whose `log` lines come to `tracing` through a bridge. Without it, the bridge's maximum
    /// stays what it was at the start, and a logger turned to debug later stays silent.
    pub fn sync_log_max_level(&self) {
        self.state.sync_log_max_level();
    }

    /// Sends the lines of the `log` facade to `tracing` and keeps its maximum level in step.
    ///
    /// # Errors
    ///
    /// Where `log` has a logger already. If that is a bridge to `tracing`, too (`tracing_subscriber`'s `init`
    /// sets one where its feature `tracing-log` is on), all is well: the level is kept in step in any case.
    pub fn bridge_log(&self) -> Result<(), log::SetLoggerError> {
        // The bridge lets everything through until the maximum is set below.
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

/// Tells a [`LogFilter`] that its resolver has other answers now.
///
/// It does not keep the filter alive.
#[derive(Clone)]
pub struct RefreshHandle {
    state: Weak<State>,
}

impl RefreshHandle {
    /// Asks about every line of the program again. Call it after the resolver's answers have changed.
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
