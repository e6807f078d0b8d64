//! The engines of patterns without a state table.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::OnceLock,
};

use regex_automata::{
    Input, MatchKind,
    hybrid::dfa,
    nfa::thompson::pikevm::{self, PikeVM},
    util::pool::Pool,
};

use super::{RegexLimits, nfa};
use crate::search_budget::{SearchBudget, SearchLimit};

/// An engine that builds states on demand, in a cache per searching thread.
pub(super) struct Lazy {
    states: Option<dfa::DFA>,
    caches: Caches<Option<dfa::Cache>>,
    /// The fallback for texts that would fill the cache repeatedly.
    slow: PikeVM,
    slow_caches: Caches<pikevm::Cache>,
}

type Caches<C> = Pool<C, Box<dyn Fn() -> C + Send + Sync + UnwindSafe + RefUnwindSafe>>;

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lazy")
    }
}

impl Lazy {
    /// Returns the size of a pattern with this estimate and its cache, in bytes.
    pub(super) fn bytes(estimate: usize) -> usize {
        estimate.saturating_add(Self::cache_bytes(estimate))
    }

    fn cache_bytes(estimate: usize) -> usize {
        estimate.saturating_mul(8).clamp(64 << 10, 512 << 10)
    }

    pub(super) fn new(pattern: &str, estimate: usize) -> Option<Self> {
        let nfa = nfa(&regex_syntax::parse(pattern).ok()?)?;
        let config = dfa::Config::new()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .cache_capacity(Self::cache_bytes(estimate))
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10));
        let states = dfa::Builder::new().configure(config).build_from_nfa(nfa.clone()).ok();
        let slow = PikeVM::new_from_nfa(nfa).ok()?;
        let (for_caches, for_slow_caches) = (states.clone(), slow.clone());
        Some(Self {
            states,
            caches: Pool::new(Box::new(move || for_caches.as_ref().map(dfa::DFA::create_cache))),
            slow,
            slow_caches: Pool::new(Box::new(move || for_slow_caches.create_cache())),
        })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let input = Input::new(text).earliest(true);
        let mut cache = self.caches.get();
        if let (Some(states), Some(cache)) = (&self.states, &mut *cache)
            && let Ok(found) = states.try_search_fwd(cache, &input)
        {
            return found.is_some();
        }
        self.slow.is_match(&mut self.slow_caches.get(), input)
    }
}

/// The steps of the first attempt, which suffice for nearly every search.
const FEW_STEPS: usize = 1_000;

/// The size of an instruction of a backtracking program, in bytes.
const INSTRUCTION: usize = 64;

/// A pattern with look-around or back-references.
///
/// The engine does not report the steps of a search, so each attempt counts its maximum. The first attempt has few
/// steps; if they do not suffice, the second has many.
#[derive(Debug)]
pub(super) struct Backtracking {
    pattern: Box<str>,
    quick: Box<fancy_regex::Regex>,
    thorough: OnceLock<Option<Box<fancy_regex::Regex>>>,
    limits: RegexLimits,
}

impl Backtracking {
    /// Returns the size of a pattern with this estimate, in bytes. It includes two programs and their matchers.
    pub(super) fn bytes(estimate: usize) -> usize {
        estimate.saturating_mul(8).saturating_add(8 << 10)
    }

    pub(super) fn new(pattern: String, limits: &RegexLimits) -> Result<Self, String> {
        let quick = build(&pattern, FEW_STEPS.min(limits.backtrack_steps), limits)?;
        Ok(Self { pattern: pattern.into(), quick, thorough: OnceLock::new(), limits: *limits })
    }

    pub(super) fn search(&self, text: &str, budget: &mut SearchBudget) -> Result<bool, SearchLimit> {
        if text.len() > self.limits.backtrack_text_bytes {
            return Err(SearchLimit::TextLength);
        }
        let steps = self.limits.backtrack_steps;
        if let Some(found) = search(&self.quick, FEW_STEPS.min(steps), text, budget)? {
            return Ok(found);
        }
        if steps > FEW_STEPS {
            let compile = || build(&self.pattern, steps, &self.limits).ok();
            let thorough = self.thorough.get_or_init(compile).as_ref().ok_or(SearchLimit::Pattern)?;
            if let Some(found) = search(thorough, steps, text, budget)? {
                return Ok(found);
            }
        }
        Err(SearchLimit::Steps)
    }
}

/// Searches with a limit of steps. Returns `None` if they do not suffice.
fn search(
    regex: &fancy_regex::Regex,
    steps: usize,
    text: &str,
    budget: &mut SearchBudget,
) -> Result<Option<bool>, SearchLimit> {
    // A step can read the whole text.
    if budget.spend(steps.saturating_mul(1 + text.len() / 64)) {
        Ok(regex.is_match(text).ok())
    } else {
        Err(SearchLimit::Budget)
    }
}

fn build(pattern: &str, steps: usize, limits: &RegexLimits) -> Result<Box<fancy_regex::Regex>, String> {
    fancy_regex::RegexBuilder::new(pattern)
        .backtrack_limit(steps)
        .delegate_size_limit(limits.compiled_bytes)
        .max_prog_size(limits.compiled_bytes / INSTRUCTION)
        .build()
        .map(Box::new)
        .map_err(|error| error.to_string())
}
