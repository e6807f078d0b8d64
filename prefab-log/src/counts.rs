//! Counts of printed lines, by logger and level.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use prefab_core::LogLevel;
use tracing_core::{Event, Level};
use tracing_log::NormalizeEvent as _;

use crate::{line_level, logger_path};

/// Threads share this number of tables, so that they rarely wait for each other.
const TABLES: usize = 16;

/// The maximum number of loggers per table. Lines of further loggers are only counted as dropped.
const MAX_LOGGERS: usize = 1_000;

/// The maximum length of a logger's name, in bytes. Without it, the number of loggers would not limit the memory.
const MAX_NAME: usize = 1_024;

/// Counts the lines that pass a filter, by logger and level.
///
/// Lines that the filter rejects are not counted: most of them cost less than counting would.
///
/// # Examples
///
/// ```
/// use prefab_core::LogLevel;
/// use prefab_log::{LogFilter, Settings};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let filter = LogFilter::new(Settings { count_lines: true, ..Settings::default() });
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(filter.clone()), || {
///     tracing::warn!(target: "my_app::db", "slow query");
///     tracing::debug!(target: "my_app::db", "not printed, not counted");
/// });
/// let counts = filter.line_counts().expect("counting is on").take();
/// assert_eq!((counts[0].logger.as_str(), &counts[0].lines[..]), ("my_app.db", &[(LogLevel::Warn, 1)][..]));
/// ```
#[derive(Debug, Default)]
pub struct LineCounts {
    tables: [Mutex<HashMap<Box<str>, [u64; 5]>>; TABLES],
    dropped: AtomicU64,
}

/// The line counts of one logger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggerLineCounts {
    /// The logger path, for example `my_app.db.pool`.
    pub logger: String,
    /// The number of lines per level, without levels that have none.
    pub lines: Vec<(LogLevel, u64)>,
}

impl LineCounts {
    /// Returns the counts, sorted by logger, and resets them.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::LineCounts;
    ///
    /// assert!(LineCounts::default().take().is_empty());
    /// ```
    pub fn take(&self) -> Vec<LoggerLineCounts> {
        let mut sums: BTreeMap<String, [u64; 5]> = BTreeMap::new();
        for table in &self.tables {
            for (target, counts) in std::mem::take(&mut *lock(table)) {
                let sum = sums.entry(logger_path(&target).into_owned()).or_default();
                for (sum, count) in sum.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
        let lines = |counts: [u64; 5]| {
            let lines = LEVELS.map(line_level).into_iter().zip(counts);
            lines.filter(|(_, count)| *count > 0).collect()
        };
        sums.into_iter().map(|(logger, counts)| LoggerLineCounts { logger, lines: lines(counts) }).collect()
    }

    /// Returns the number of lines of loggers that exceeded a limit, and resets it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_log::LineCounts;
    ///
    /// assert_eq!(LineCounts::default().take_dropped(), 0);
    /// ```
    pub fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn add(&self, event: &Event<'_>) {
        // Lines of the bridge contain their original target.
        match event.normalized_metadata() {
            Some(metadata) => self.count(metadata.target(), *metadata.level()),
            None => self.count(event.metadata().target(), *event.metadata().level()),
        }
    }

    fn count(&self, target: &str, level: Level) {
        let mut table = lock(&self.tables[own_table()]);
        if let Some(counts) = table.get_mut(target) {
            counts[place(level)] += 1;
        } else if table.len() < MAX_LOGGERS && target.len() <= MAX_NAME {
            table.entry(target.into()).or_default()[place(level)] += 1;
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

const LEVELS: [Level; 5] = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];

fn place(level: Level) -> usize {
    match level {
        Level::TRACE => 0,
        Level::DEBUG => 1,
        Level::INFO => 2,
        Level::WARN => 3,
        Level::ERROR => 4,
    }
}

/// Returns the index of this thread's table. Threads are assigned in turn.
fn own_table() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % TABLES;
    }
    OWN.try_with(|own| *own).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_threads_add_up_and_are_reset() {
        let counts = LineCounts::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        counts.count("my_app::db", Level::DEBUG);
                        counts.count("my_app", Level::ERROR);
                    }
                });
            }
        });
        let lines =
            |logger: &str, level| LoggerLineCounts { logger: logger.to_owned(), lines: vec![(level, 400)] };
        assert_eq!(counts.take(), [lines("my_app", LogLevel::Error), lines("my_app.db", LogLevel::Debug)]);
        assert_eq!(counts.take(), []);
    }

    #[test]
    fn loggers_beyond_the_limit_are_counted_as_dropped() {
        let counts = LineCounts::default();
        for nth in 0..MAX_LOGGERS + 50 {
            counts.count(&format!("logger-{nth}"), Level::INFO);
        }
        assert_eq!(counts.take().len(), MAX_LOGGERS);
        assert_eq!(counts.take_dropped(), 50);
        counts.count(&"long".repeat(MAX_NAME), Level::INFO);
        assert_eq!((counts.take().len(), counts.take_dropped()), (0, 1));
    }
}
