//! Regular expressions, searched for anywhere in a text.
//!
//! A pattern becomes a table of states where it fits the limits: searching one neither allocates nor
//! locks. Patterns too large for a table run on the engine of the `regex` crate, and those with
//! look-around or back-references on a backtracking one, whose effort is bounded.

use std::fmt::Write as _;

use regex_automata::{
    Anchored, Input, MatchKind,
    dfa::{Automaton as _, StartKind, dense},
    meta,
    nfa::thompson,
};

/// What a pattern may cost.
#[derive(Clone, Copy, Debug)]
pub struct RegexLimits {
    /// The length of a pattern, in bytes.
    pub pattern_bytes: usize,
    /// The size of a pattern's state table, in bytes; larger ones run without a table.
    pub table_bytes: usize,
    /// The size of a compiled pattern without a table, in bytes; larger ones are refused.
    pub compiled_bytes: usize,
    /// The steps that a backtracking search may take; a search past it finds nothing.
    pub backtrack_steps: usize,
}

impl Default for RegexLimits {
    fn default() -> Self {
        Self { pattern_bytes: 1024, table_bytes: 64 << 10, compiled_bytes: 1 << 20, backtrack_steps: 100_000 }
    }
}

#[derive(Debug)]
pub(crate) enum Pattern {
    Table(Box<dense::DFA<Vec<u32>>>),
    Large(Box<meta::Regex>),
    Backtracking(Box<fancy_regex::Regex>),
}

impl Pattern {
    pub(crate) fn new(pattern: &str, limits: &RegexLimits) -> Result<Self, String> {
        if pattern.len() > limits.pattern_bytes {
            return Err(format!("the pattern is longer than {} bytes", limits.pattern_bytes));
        }
        let plain = ascii_classes(pattern, Boundary::Flagged);
        if let Some(table) = table(&plain, limits) {
            return Ok(Self::Table(Box::new(table)));
        }
        if let Some(large) = large(&plain, limits)? {
            return Ok(Self::Large(Box::new(large)));
        }
        fancy_regex::RegexBuilder::new(&ascii_classes(pattern, Boundary::LookAround))
            .backtrack_limit(limits.backtrack_steps)
            .delegate_size_limit(limits.compiled_bytes)
            .build()
            .map(|regex| Self::Backtracking(Box::new(regex)))
            .map_err(|error| error.to_string())
    }

    /// Searches; `None` where the effort ran past its bound.
    pub(crate) fn is_match(&self, text: &str) -> Option<bool> {
        match self {
            Self::Table(dfa) => {
                let input = Input::new(text).anchored(Anchored::No).earliest(true);
                dfa.try_search_fwd(&input).ok().map(|found| found.is_some())
            }
            Self::Large(regex) => Some(regex.is_match(text)),
            Self::Backtracking(regex) => regex.is_match(text).ok(),
        }
    }
}

fn table(pattern: &str, limits: &RegexLimits) -> Option<dense::DFA<Vec<u32>>> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Unanchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(limits.table_bytes))
                .determinize_size_limit(Some(4 * limits.table_bytes)),
        )
        .thompson(thompson::Config::new().nfa_size_limit(Some(limits.compiled_bytes)))
        .build(pattern)
        .ok()
}

/// Returns none for a pattern that this engine has no syntax for, an error for one that is too large.
fn large(pattern: &str, limits: &RegexLimits) -> Result<Option<meta::Regex>, String> {
    let config = meta::Config::new().nfa_size_limit(Some(limits.compiled_bytes));
    match meta::Builder::new().configure(config).build(pattern) {
        Ok(regex) => Ok(Some(regex)),
        Err(error) if error.size_limit().is_some() => {
            Err(format!("the compiled pattern is larger than {} bytes", limits.compiled_bytes))
        }
        Err(_) => Ok(None),
    }
}

/// How the pattern's engine can say "ASCII word boundary".
#[derive(Clone, Copy)]
enum Boundary {
    Flagged,
    LookAround,
}

impl Boundary {
    fn text(self, negated: bool) -> &'static str {
        match (self, negated) {
            (Self::Flagged, false) => r"(?-u:\b)",
            (Self::Flagged, true) => r"(?-u:\B)",
            (Self::LookAround, false) => {
                "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
            }
            (Self::LookAround, true) => {
                "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"
            }
        }
    }
}

/// Rewrites the escapes that mean ASCII in the official clients, and `\Z`.
///
/// Only the escapes: matching bytes throughout would break `.` and `\p{…}` on other text.
fn ascii_classes(pattern: &str, boundary: Boundary) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars();
    let mut in_class = 0usize;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escape) => write_escape(&mut out, escape, in_class > 0, boundary),
                None => out.push('\\'),
            },
            '[' => {
                in_class += 1;
                out.push('[');
            }
            ']' => {
                in_class = in_class.saturating_sub(1);
                out.push(']');
            }
            other => out.push(other),
        }
    }
    out
}

fn write_escape(out: &mut String, escape: char, in_class: bool, boundary: Boundary) {
    let set = match escape.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => r" \t\n\r\x0B\x0C",
        'b' if !in_class => return out.push_str(boundary.text(escape == 'B')),
        'z' if escape == 'Z' => return out.push_str(r"(?=\n?\z)"),
        _ => {
            out.push('\\');
            return out.push(escape);
        }
    };
    // Writing to a string cannot fail.
    let _ = match (escape.is_ascii_uppercase(), in_class) {
        (false, true) => write!(out, "{set}"),
        (false, false) => write!(out, "[{set}]"),
        (true, _) => write!(out, "[^{set}]"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, found: Option<bool>) {
        let got = Pattern::new(pattern, &RegexLimits::default()).ok().and_then(|regex| regex.is_match(text));
        assert_eq!(got, found, "{pattern} in {text:?}");
    }

    #[test]
    fn patterns_are_searched_for_in_the_shared_dialect() {
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
    fn a_hungry_pattern_ends() {
        check("(a*)*b", &"a".repeat(5000), Some(false));
        let hungry = Pattern::new(r"^(?:(a|aa)+)+\1b", &RegexLimits::default()).unwrap();
        assert!(matches!(hungry, Pattern::Backtracking(_)));
        assert_eq!(hungry.is_match(&"a".repeat(60)), None);
    }

    #[test]
    fn common_patterns_become_tables() {
        for pattern in [r"^[^@]+@(acme|example)\.test$", r"\bv\d+\b", "a.*b", r"^\w+$", "(?i)abc"] {
            let compiled = Pattern::new(pattern, &RegexLimits::default()).unwrap();
            assert!(matches!(compiled, Pattern::Table(_)), "{pattern}");
        }
    }
}
