//! Finding a config by its key or by a prepared key.

use prefab_eval::{ConfigRef, Contexts, EvalError, Evaluation, Host, PreparedKey, Ruleset};

/// A config key in a form that rulesets can find.
pub(crate) trait Lookup: Copy {
    /// Returns the key, for messages.
    fn name(&self) -> &str;

    /// Finds the config.
    fn find(self, rules: &Ruleset) -> Option<ConfigRef<'_>>;

    /// Finds and evaluates the config.
    fn evaluate<'r>(
        self,
        rules: &'r Ruleset,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<Evaluation<'r>, EvalError>;
}

impl Lookup for &str {
    #[inline]
    fn name(&self) -> &str {
        self
    }

    #[inline]
    fn find(self, rules: &Ruleset) -> Option<ConfigRef<'_>> {
        rules.find(self)
    }

    #[inline]
    fn evaluate<'r>(
        self,
        rules: &'r Ruleset,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<Evaluation<'r>, EvalError> {
        rules.evaluate(self, contexts, host)
    }
}

impl Lookup for &PreparedKey {
    #[inline]
    fn name(&self) -> &str {
        self.as_str()
    }

    #[inline]
    fn find(self, rules: &Ruleset) -> Option<ConfigRef<'_>> {
        rules.find_prepared(self)
    }

    #[inline]
    fn evaluate<'r>(
        self,
        rules: &'r Ruleset,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<Evaluation<'r>, EvalError> {
        rules.find_prepared(self).ok_or(EvalError::UnknownKey)?.evaluate(contexts, host)
    }
}
