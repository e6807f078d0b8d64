//! Decides which lines are printed always, never or sometimes, and refreshes these decisions.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use prefab_core::{LevelSet, LogLevel};
use tracing_core::{LevelFilter, Metadata, callsite, subscriber::Interest};

use crate::{LevelResolver, LineCounts, Settings, guard, level_filter, scoped};

/// The target of the bridge's callsites, which all lines of the `log` crate share.
const BRIDGE: &str = "log";

/// The maximum number of passes of one refresh.
const MAX_PASSES: usize = 4;

pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) counts: Option<LineCounts>,
    /// A second collector of line counts.
    pub(crate) also_counts: OnceLock<Arc<LineCounts>>,
    resolver: OnceLock<Arc<dyn LevelResolver>>,
    syncs_log_max_level: AtomicBool,
    /// The number of requests of `tracing` for a result that it caches, outside of a refresh.
    requests: AtomicUsize,
    refreshing: Mutex<()>,
}

impl State {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            counts: settings.count_lines.then(LineCounts::default),
            also_counts: OnceLock::new(),
            resolver: OnceLock::new(),
            syncs_log_max_level: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            refreshing: Mutex::new(()),
        }
    }

    pub(crate) fn attach(&self, resolver: Arc<dyn LevelResolver>) {
        // An error means that a resolver is set already; it remains.
        let _ = self.resolver.set(resolver);
    }

    pub(crate) fn sync_log_max_level(&self) {
        self.syncs_log_max_level.store(true, Ordering::Release);
        self.refresh();
    }

    /// Returns what `tracing` caches for a callsite.
    pub(crate) fn interest(&self, metadata: &Metadata<'_>) -> Interest {
        let interest = self.interest_of(metadata);
        self.count_request();
        interest
    }

    fn interest_of(&self, metadata: &Metadata<'_>) -> Interest {
        // The target of a `log` line is known only when it is logged. A callsite that is first reached from within a
        // decision must not be disabled permanently.
        if metadata.target() == BRIDGE {
            return Interest::sometimes();
        }
        let Some(levels) = guard::deciding(|| guard::with_path(metadata.target(), |path| self.levels(path)))
        else {
            return Interest::sometimes();
        };
        let allows = |level: Option<LogLevel>| level_filter(level.unwrap_or_default()) >= *metadata.level();
        if allows(levels.least_verbose()) {
            Interest::always()
        } else if allows(levels.most_verbose()) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    /// Returns whether a line or span is printed, with the contexts of the current thread.
    #[inline]
    pub(crate) fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let level = guard::deciding(|| guard::with_path(metadata.target(), |path| self.level(path)));
        level.is_some_and(|level| level_filter(level) >= *metadata.level())
    }

    /// Returns the most verbose level of all loggers.
    pub(crate) fn max_level(&self) -> Option<LevelFilter> {
        let levels = guard::deciding(|| match self.resolver.get() {
            Some(resolver) => self.or_default(&**resolver, resolver.levels_of_all()),
            None => LevelSet::of(self.settings.bootstrap),
        });
        self.count_request();
        Some(level_filter(levels?.most_verbose()?))
    }

    #[inline]
    fn level(&self, path: &str) -> LogLevel {
        let Some(resolver) = self.resolver.get() else { return self.settings.bootstrap };
        resolver.level(path).unwrap_or_else(|| self.default(&**resolver))
    }

    fn levels(&self, path: &str) -> LevelSet {
        match self.resolver.get() {
            Some(resolver) => self.or_default(&**resolver, resolver.levels(path)),
            None => LevelSet::of(self.settings.bootstrap),
        }
    }

    fn default(&self, resolver: &dyn LevelResolver) -> LogLevel {
        if resolver.is_ready() { self.settings.default } else { self.settings.bootstrap }
    }

    fn or_default(&self, resolver: &dyn LevelResolver, levels: LevelSet) -> LevelSet {
        levels.or(self.default(resolver))
    }

    fn count_request(&self) {
        if !guard::is_refreshing() {
            self.requests.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Makes `tracing` discard its cached results, then updates the maximum level of `log`.
    ///
    /// The resolver must already return the new levels.
    pub(crate) fn refresh(&self) {
        guard::refreshing(|| {
            // One refresh at a time, so that `log` never gets the maximum level of an older one. The decisions do not
            // take this lock.
            let _one = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
            scoped::ensure_all_subscribers_are_asked();
            for _ in 0..MAX_PASSES {
                let asked = self.requests.load(Ordering::SeqCst);
                callsite::rebuild_interest_cache();
                // A thread may have read the old levels, and cached the result after the rebuild of its callsite.
                if self.requests.load(Ordering::SeqCst) == asked {
                    break;
                }
            }
            if self.syncs_log_max_level.load(Ordering::Acquire) {
                log::set_max_level(log_level(LevelFilter::current()));
            }
        });
    }
}

/// Converts the maximum level of `tracing`, which includes the filters of other layers.
fn log_level(filter: LevelFilter) -> log::LevelFilter {
    match filter {
        LevelFilter::TRACE => log::LevelFilter::Trace,
        LevelFilter::DEBUG => log::LevelFilter::Debug,
        LevelFilter::INFO => log::LevelFilter::Info,
        LevelFilter::WARN => log::LevelFilter::Warn,
        LevelFilter::ERROR => log::LevelFilter::Error,
        LevelFilter::OFF => log::LevelFilter::Off,
    }
}
