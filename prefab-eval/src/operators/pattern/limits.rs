//! The limits of regular expressions.

/// The limits of regular expressions, per pattern, per config and per ruleset.
///
/// A pattern beyond a limit is a [finding](crate::Finding), and its criterion does not match.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Options, RegexLimits, Ruleset};
///
/// let regex_limits = RegexLimits { pattern_bytes: 256, ..RegexLimits::DEFAULT };
/// let ruleset = Ruleset::build([], Options { regex_limits, ..Options::default() });
/// # assert!(ruleset.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegexLimits {
    /// Maximum length of a pattern, in bytes. Default: 1,024.
    pub pattern_bytes: usize,
    /// Maximum size of a pattern's state table, in bytes. Larger patterns have no table. Default: 64 KiB.
    pub table_bytes: usize,
    /// Maximum estimated size of a compiled pattern without a table, in bytes. Default: 1 MiB.
    pub compiled_bytes: usize,
    /// Maximum number of steps of one backtracking search. Beyond it, the criterion does not match. Default: 100,000.
    pub backtrack_steps: usize,
    /// Maximum length of a text that a backtracking pattern searches, in bytes. Longer texts do not match.
    /// Default: 2,048.
    pub backtrack_text_bytes: usize,
    /// Maximum number of different patterns in a config. Default: 1,000.
    pub patterns_per_config: usize,
    /// Maximum total size of the compiled patterns of a config, in bytes. Default: 16 MiB.
    pub pattern_bytes_per_config: usize,
    /// Maximum number of different patterns in a ruleset. Default: 10,000.
    pub patterns_per_ruleset: usize,
    /// Maximum total size of the compiled patterns of a ruleset, in bytes. Default: 64 MiB.
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
