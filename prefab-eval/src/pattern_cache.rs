//! A cache of compiled patterns.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use foldhash::fast::RandomState;

use crate::{RegexLimits, operators::Pattern};

/// A cache of compiled regular expressions that rulesets share, so that equal patterns are compiled once.
///
/// A pattern stays in the cache as long as a ruleset uses it. By default, all rulesets of a process share one cache. A
/// clone shares the patterns of the original.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Options, PatternCache, Ruleset};
///
/// let options = Options { patterns: PatternCache::new(), ..Options::default() };
/// let ruleset = Ruleset::build([], options);
/// # assert!(ruleset.is_empty());
/// ```
#[derive(Clone)]
pub struct PatternCache(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    patterns: HashMap<Box<str>, (RegexLimits, Weak<Pattern>), RandomState>,
    /// The number of entries at which unused ones are removed.
    sweep_at: usize,
}

/// The number of entries below which unused entries are not removed.
const SWEEP: usize = 1_024;

static SHARED: LazyLock<PatternCache> = LazyLock::new(PatternCache::new);

impl PatternCache {
    /// Creates an empty cache, separate from the cache of the process.
    ///
    /// # Examples
    ///
    /// ```
    /// let own_cache = prefab_eval::PatternCache::new();
    /// # let _ = own_cache;
    /// ```
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn get(&self, text: &str, limits: &RegexLimits) -> Option<Arc<Pattern>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (compiled_for, pattern) = entries.patterns.get(text)?;
        if compiled_for == limits { pattern.upgrade() } else { None }
    }

    pub(crate) fn insert(&self, text: &str, limits: &RegexLimits, pattern: &Arc<Pattern>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.patterns.len() >= entries.sweep_at.max(SWEEP) {
            entries.patterns.retain(|_, (_, pattern)| pattern.strong_count() > 0);
            entries.sweep_at = entries.patterns.len() * 2;
        }
        entries.patterns.insert(text.into(), (*limits, Arc::downgrade(pattern)));
    }
}

impl Default for PatternCache {
    /// Returns the cache that all rulesets of the process share.
    fn default() -> Self {
        SHARED.clone()
    }
}

impl fmt::Debug for PatternCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatternCache").finish_non_exhaustive()
    }
}
