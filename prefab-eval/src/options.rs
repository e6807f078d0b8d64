//! The options of a ruleset.

use prefab_core::ContextSet;

use crate::{PatternCache, RegexLimits};

/// The options of a ruleset.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Options, Ruleset};
///
/// let options = Options { namespace: Some("services.users.web".to_owned()), ..Options::default() };
/// assert!(Ruleset::build([], options).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The environment whose rows are evaluated before the default rows. 0 evaluates the default rows only.
    pub project_env_id: i64,
    /// The contexts that the server sent with the configs. They are weaker than those of a call or a scope.
    pub default_context: ContextSet,
    /// The namespace of the client, for example `services.users.web`.
    pub namespace: Option<String>,
    /// The limits of regular expressions.
    pub regex_limits: RegexLimits,
    /// The cache that shares compiled regular expressions with other rulesets.
    pub patterns: PatternCache,
}
