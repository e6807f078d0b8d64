//! The limits of all patterns of a config, and of a ruleset.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use foldhash::fast::RandomState;

use crate::{
    PatternCache, RegexLimits,
    operators::{ParsedPattern, Pattern},
};

/// Maximum number of invalid patterns in a config, after which a config's other patterns are not compiled.
const MAX_INVALID_PER_CONFIG: usize = 20;

const RULESET_FULL: &str = "the ruleset has reached its limit of patterns";

/// Compiles patterns within the limits of the config and of the ruleset.
pub(crate) struct PatternBudget {
    cache: PatternCache,
    limits: RegexLimits,
    ruleset: Total,
    /// The patterns of the ruleset, by address.
    counted: HashSet<usize, RandomState>,
    config: ConfigState,
    /// Whether a limit of the ruleset is reached. New patterns are then refused.
    is_ruleset_full: bool,
}

/// The state of the config that is being compiled.
#[derive(Default)]
struct ConfigState {
    total: Total,
    patterns: HashMap<Box<str>, Arc<Pattern>, RandomState>,
    invalid: usize,
    has_any: bool,
    /// Whether new patterns of the config are refused.
    is_config_full: bool,
    /// Whether a pattern was refused because of a limit of the ruleset.
    is_ruleset_full: bool,
}

#[derive(Clone, Copy, Default)]
struct Total {
    patterns: usize,
    bytes: usize,
}

/// The reason why a pattern is refused. Only the first pattern beyond a limit has a message.
pub(crate) type Refusal = Option<String>;

/// The patterns of a compiled config.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    /// Whether a criterion has a pattern at all.
    has_any: bool,
    pub(crate) compiled: Box<[Arc<Pattern>]>,
    /// Whether a pattern was refused because of a limit of the ruleset.
    pub(crate) is_ruleset_full: bool,
}

impl Patterns {
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_any
    }
}

impl PatternBudget {
    pub(crate) fn new(cache: PatternCache, limits: RegexLimits) -> Self {
        Self {
            cache,
            limits,
            ruleset: Total::default(),
            counted: HashSet::default(),
            config: ConfigState::default(),
            is_ruleset_full: false,
        }
    }

    /// Counts the patterns of a compiled config.
    pub(crate) fn add(&mut self, patterns: &Patterns) {
        self.is_ruleset_full |= patterns.is_ruleset_full;
        patterns.compiled.iter().for_each(|pattern| self.count(pattern));
    }

    /// Returns whether another order of the configs could have reached a limit of the ruleset.
    pub(crate) fn is_tight(&self) -> bool {
        let RegexLimits { compiled_bytes, table_bytes, .. } = self.limits;
        // The largest bound of a pattern.
        let largest = compiled_bytes.saturating_mul(8).saturating_add(table_bytes).saturating_add(1 << 20);
        self.is_ruleset_full
            || self.ruleset.patterns >= self.limits.patterns_per_ruleset
            || self.ruleset.bytes.saturating_add(largest) > self.limits.pattern_bytes_per_ruleset
    }

    /// Returns the compiled pattern.
    pub(crate) fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, Refusal> {
        self.config.has_any = true;
        if let Some(known) = self.config.patterns.get(text) {
            return Ok(Arc::clone(known));
        }
        if self.config.is_config_full {
            return Err(None);
        }
        if self.config.total.patterns >= self.limits.patterns_per_config {
            return self.refuse_for_config(&format!(
                "the config has more than {} patterns",
                self.limits.patterns_per_config
            ));
        }
        let pattern = match self.cache.get(text, &self.limits) {
            Some(pattern) => {
                self.check(pattern.bound, self.counted.contains(&address(&pattern)))?;
                pattern
            }
            None => self.compile(text)?,
        };
        self.config.total.add(&pattern);
        self.count(&pattern);
        self.config.patterns.insert(text.into(), Arc::clone(&pattern));
        Ok(pattern)
    }

    fn compile(&mut self, text: &str) -> Result<Arc<Pattern>, Refusal> {
        if self.is_ruleset_full {
            return self.refuse_for_ruleset(RULESET_FULL);
        }
        let parsed = ParsedPattern::new(text, &self.limits).map_err(|cause| Some(self.invalid(cause)))?;
        self.check(parsed.bound, false)?;
        let pattern = parsed.compile(&self.limits).map_err(|cause| Some(self.invalid(cause)))?;
        let pattern = Arc::new(pattern);
        self.cache.insert(text, &self.limits, &pattern);
        Ok(pattern)
    }

    /// Checks the limits with the maximum size of a pattern, because its exact size is known only after compiling.
    fn check(&mut self, bound: usize, is_counted: bool) -> Result<(), Refusal> {
        let limits = self.limits;
        if self.is_ruleset_full && !is_counted {
            return self.refuse_for_ruleset(RULESET_FULL);
        }
        let most = limits.pattern_bytes_per_config;
        if self.config.total.bytes.saturating_add(bound) > most {
            return self.refuse_for_config(&format!(
                "the compiled patterns of the config are larger than {most} bytes"
            ));
        }
        let most = limits.pattern_bytes_per_ruleset;
        if is_counted {
            Ok(())
        } else if self.ruleset.patterns >= limits.patterns_per_ruleset {
            self.refuse_for_ruleset(&format!(
                "the configs have more than {} patterns",
                limits.patterns_per_ruleset
            ))
        } else if self.ruleset.bytes.saturating_add(bound) > most {
            self.refuse_for_ruleset(&format!(
                "the compiled patterns of the configs are larger than {most} bytes"
            ))
        } else {
            Ok(())
        }
    }

    fn refuse_for_ruleset<T>(&mut self, cause: &str) -> Result<T, Refusal> {
        self.is_ruleset_full = true;
        self.config.is_ruleset_full = true;
        self.refuse_for_config(cause)
    }

    fn refuse_for_config<T>(&mut self, cause: &str) -> Result<T, Refusal> {
        self.config.is_config_full = true;
        Err(Some(format!("{cause}: this criterion and later ones with other patterns do not match")))
    }

    fn invalid(&mut self, cause: String) -> String {
        self.config.invalid += 1;
        if self.config.invalid < MAX_INVALID_PER_CONFIG {
            return cause;
        }
        self.config.is_config_full = true;
        format!("{cause}; the config's other patterns are not compiled, they do not match")
    }

    fn count(&mut self, pattern: &Arc<Pattern>) {
        if self.counted.insert(address(pattern)) {
            self.ruleset.add(pattern);
        }
    }

    /// Finishes a config and returns its patterns.
    pub(crate) fn finish(&mut self) -> Patterns {
        if !self.config.has_any {
            return Patterns::default();
        }
        let ConfigState { patterns, has_any, is_ruleset_full, .. } = std::mem::take(&mut self.config);
        Patterns { has_any, compiled: patterns.into_values().collect(), is_ruleset_full }
    }
}

impl Total {
    fn add(&mut self, pattern: &Pattern) {
        self.patterns += 1;
        self.bytes = self.bytes.saturating_add(pattern.bytes);
    }
}

fn address(pattern: &Arc<Pattern>) -> usize {
    Arc::as_ptr(pattern).addr()
}
