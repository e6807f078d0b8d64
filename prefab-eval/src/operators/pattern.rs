//! Regular expressions, which match anywhere in a text.
//!
//! A small pattern becomes a state table, whose searches do not allocate or lock. A larger pattern is compiled at its
//! first search and builds states on demand. Patterns with look-around or back-references backtrack, with a limit of
//! steps.

mod dialect;
mod engine;
mod limits;
mod size;

use std::sync::OnceLock;

use regex_automata::{
    Anchored, Input, MatchKind,
    dfa::{Automaton as _, StartKind, dense},
    nfa::thompson,
};
use regex_syntax::hir::Hir;

pub use limits::RegexLimits;

use crate::search_budget::{SearchBudget, SearchLimit};
use dialect::{Boundary, ascii_classes};
use engine::{Backtracking, Lazy};

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    engine: Engine,
    /// The size that counts against budgets, in bytes.
    pub(crate) bytes: usize,
    /// The maximum size of the pattern, as computed before it was compiled.
    pub(crate) bound: usize,
}

#[derive(Debug)]
enum Engine {
    Table(dense::DFA<Vec<u32>>),
    Large { text: Box<str>, estimate: usize, compiled: OnceLock<Option<Lazy>> },
    Backtracking(Backtracking),
}

/// A valid pattern that is not compiled yet.
pub(crate) struct ParsedPattern {
    syntax: Syntax,
    /// The maximum size of the compiled pattern, in bytes.
    pub(crate) bound: usize,
}

enum Syntax {
    Plain { text: String, hir: Hir, estimate: usize },
    Fancy { text: String, estimate: usize },
}

impl ParsedPattern {
    /// Parses a pattern and estimates its size.
    pub(crate) fn new(pattern: &str, limits: &RegexLimits) -> Result<Self, String> {
        if pattern.len() > limits.pattern_bytes {
            return Err(format!("the pattern is longer than {} bytes", limits.pattern_bytes));
        }
        let too_large = || format!("the compiled pattern is larger than {} bytes", limits.compiled_bytes);
        let text = ascii_classes(pattern, Boundary::Flagged);
        let (syntax, bound) = if let Ok(hir) = regex_syntax::parse(&text) {
            let estimate = size::of_hir(&hir);
            let table = if may_be_table(estimate, limits) { limits.table_bytes } else { 0 };
            let bound = table.saturating_add(Lazy::bytes(estimate));
            (Syntax::Plain { text, hir, estimate }, bound)
        } else {
            let text = ascii_classes(pattern, Boundary::LookAround);
            let tree = fancy_regex::Expr::parse_tree(&text).map_err(|error| error.to_string())?;
            let estimate = size::of_tree(&tree.expr);
            (Syntax::Fancy { text, estimate }, Backtracking::bytes(estimate))
        };
        let (Syntax::Plain { estimate, .. } | Syntax::Fancy { estimate, .. }) = &syntax;
        if *estimate > limits.compiled_bytes {
            return Err(too_large());
        }
        Ok(Self { syntax, bound })
    }

    /// Compiles the pattern. A large pattern is compiled at its first search instead.
    pub(crate) fn compile(self, limits: &RegexLimits) -> Result<Pattern, String> {
        let bound = self.bound;
        let (engine, bytes) = match self.syntax {
            Syntax::Plain { text, hir, estimate } => match table(&hir, estimate, limits) {
                Some(table) => {
                    let bytes = table.memory_usage();
                    (Engine::Table(table), bytes)
                }
                None => (
                    Engine::Large { text: text.into(), estimate, compiled: OnceLock::new() },
                    // The bound includes a table, because building one was attempted.
                    bound,
                ),
            },
            Syntax::Fancy { text, .. } => (Engine::Backtracking(Backtracking::new(text, limits)?), bound),
        };
        Ok(Pattern { engine, bytes, bound })
    }
}

impl Pattern {
    /// Returns whether the pattern has a state table, whose searches need no limit.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.engine, Engine::Table(_))
    }

    /// Searches a text with the state table. Returns `None` if the pattern has no table.
    pub(crate) fn search_table(&self, text: &str) -> Option<bool> {
        let Engine::Table(dfa) = &self.engine else { return None };
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        dfa.try_search_fwd(&input).ok().map(|found| found.is_some())
    }

    /// Searches a text.
    pub(crate) fn search(&self, text: &str, budget: &mut SearchBudget) -> Result<bool, SearchLimit> {
        match &self.engine {
            Engine::Table(_) => self.search_table(text).ok_or(SearchLimit::Pattern),
            Engine::Large { text: pattern, estimate, compiled } => {
                // Each byte of the text may visit every state.
                if !budget.spend(text.len().saturating_mul(estimate.div_ceil(1024)).saturating_add(1)) {
                    return Err(SearchLimit::Budget);
                }
                let compiled = compiled.get_or_init(|| Lazy::new(pattern, *estimate));
                compiled.as_ref().map(|lazy| lazy.is_match(text)).ok_or(SearchLimit::Pattern)
            }
            Engine::Backtracking(backtracking) => backtracking.search(text, budget),
        }
    }
}

fn may_be_table(estimate: usize, limits: &RegexLimits) -> bool {
    estimate <= limits.table_bytes.saturating_mul(4)
}

fn table(hir: &Hir, estimate: usize, limits: &RegexLimits) -> Option<dense::DFA<Vec<u32>>> {
    if !may_be_table(estimate, limits) {
        return None;
    }
    let nfa = nfa(hir)?;
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Unanchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(limits.table_bytes))
                .determinize_size_limit(Some(4 * limits.table_bytes)),
        )
        .build_from_nfa(&nfa)
        .ok()
}

fn nfa(hir: &Hir) -> Option<thompson::NFA> {
    let config = thompson::Config::new().which_captures(thompson::WhichCaptures::None);
    thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(pattern: &str) -> Result<Pattern, String> {
        let limits = RegexLimits::default();
        ParsedPattern::new(pattern, &limits)?.compile(&limits)
    }

    fn check(pattern: &str, text: &str, found: Option<bool>) {
        let got =
            compile(pattern).ok().and_then(|regex| regex.search(text, &mut SearchBudget::default()).ok());
        assert_eq!(got, found, "{pattern} in {text:?}");
    }

    #[test]
    fn patterns_have_the_dialect_of_the_official_sdks() {
        check("a+b+", "xxaab", Some(true));
        check("^a+b+$", "xxaab", Some(false));
        check("a$", "a\n", Some(false));
        check(r"a\Z", "a\n", Some(true));
        check(r"a\Z", "a\nb", Some(false));
        check(r"^\d+$", "12", Some(true));
        check(r"^\d+$", "١٢", Some(false));
        check(r"^\w+$", "é", Some(false));
        check(r"^[\w-]+$", "a-b_1", Some(true));
        check(r"^[^\D]+$", "12", Some(true));
        check(r"\bcat\b", "a cat!", Some(true));
        check(r"\bcat\b", "concat", Some(false));
        check(r"(?=x)\bx", "a x", Some(true));
        check(r"(?<=a)b", "ab", Some(true));
        check(r"(a)\1", "aa", Some(true));
        check("(?<n>a)", "a", Some(true));
        check("(?P<n>a)", "a", Some(true));
        check("^.$", "😀", Some(true));
        check(r"\p{L}", "é", Some(true));
        check("(?i)ABC", "abc", Some(true));
        check("(", "a", None);
        check(&"a".repeat(2000), "a", None);
        check(r"\p{L}{100}{100}", "é", None);
        check("", "", Some(true));
    }

    #[test]
    fn an_expensive_pattern_reaches_a_limit() {
        check("(a*)*b", &"a".repeat(5000), Some(false));
        let hungry = compile(r"^(?:(a|aa)+)+\1b").unwrap();
        assert!(matches!(hungry.engine, Engine::Backtracking(_)));
        assert_eq!(hungry.search(&"a".repeat(60), &mut SearchBudget::default()), Err(SearchLimit::Steps));
    }

    #[test]
    fn common_patterns_become_tables() {
        for pattern in [r"^[^@]+@(acme|example)\.test$", r"\bv\d+\b", "a.*b", r"^\w+$", "(?i)abc"] {
            let compiled = compile(pattern).unwrap();
            assert!(compiled.is_table(), "{pattern}");
        }
    }
}
