//! The limits of regular expressions.

/// The limits of regular expressions: of one pattern, of a config's patterns, and of a ruleset's.
///
/// A pattern beyond a limit is a [finding](crate::Finding), and its criterion does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegexLimits {
    /// Maximum length of a pattern, in bytes.
    pub pattern_bytes: usize,
    /// Maximum size of a pattern's state table, in bytes; larger patterns run without a table.
    pub table_bytes: usize,
    /// Maximum estimated size of one compiled pattern without a table, in bytes.
    pub compiled_bytes: usize,
    /// Maximum number of steps of one backtracking search; a search beyond it does not match.
    pub backtrack_steps: usize,
    /// Maximum length of a text that a backtracking pattern searches, in bytes; longer ones do not match.
    pub backtrack_text_bytes: usize,
    /// Maximum number of different patterns in a config.
    pub patterns_per_config: usize,
    /// Maximum sum of the compiled sizes of a config's patterns, in bytes.
    pub pattern_bytes_per_config: usize,
    /// Maximum number of different patterns in a ruleset.
    pub patterns_per_ruleset: usize,
    /// Maximum sum of the compiled sizes of a ruleset's patterns, in bytes.
    pub pattern_bytes_per_ruleset: usize,
}

impl RegexLimits {
    /// The default limits.
    pub const DEFAULT: Self = Self {
        pattern_bytes: 1024,
        table_bytes: 64 << 10,
        compiled_bytes: 1 << 20,
        backtrack_steps: 100_000,
        backtrack_text_bytes: 2048,
        patterns_per_config: 1_000,
        pattern_bytes_per_config: 16 << 20,
        patterns_per_ruleset: 10_000,
        pattern_bytes_per_ruleset: 64 << 20,
    };
}

impl Default for RegexLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
