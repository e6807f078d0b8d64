//! What a ruleset is built for.

use prefab_core::ContextSet;

use crate::{PatternCache, RegexLimits};

/// What a ruleset is built for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The environment whose rows take part; 0 for none, so that only default rows do.
    pub project_env_id: i64,
    /// Contexts that came with the configs.
    pub default_context: ContextSet,
    /// The client's namespace, `services.users.web`.
    pub namespace: Option<String>,
    /// What regular expressions may cost.
    pub regex_limits: RegexLimits,
    /// Where compiled regular expressions are shared with other rulesets.
    pub patterns: PatternCache,
}
