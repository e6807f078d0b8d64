//! Finding a config by its key, and selecting a rule without computing its value.

use crate::{
    Contexts, EvalError, Evaluation, Host, Ruleset, SelectError, SelectedRule,
    compiled::CompiledConfig,
    evaluate::{Evaluator, Frame},
};

impl Ruleset {
    /// Selects the rule that applies to a key, without computing the value.
    ///
    /// Does not allocate or lock.
    ///
    /// # Errors
    ///
    /// [`SelectError`] if no config has the key, or if no rule of the config matches.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SelectError, SystemHost};
    ///
    /// let ruleset = Ruleset::default();
    /// let selected = ruleset.select("new-checkout", &Contexts::default(), &SystemHost);
    /// assert_eq!(selected.unwrap_err(), SelectError::UnknownKey);
    /// ```
    #[inline]
    pub fn select<'r>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<SelectedRule<'r>, SelectError> {
        let found = self.find(key).ok_or(SelectError::UnknownKey)?;
        found.constant().map_or_else(|| found.select(contexts, host), Ok)
    }

    /// Finds the config with a key.
    ///
    /// A caller that has to build the contexts first can check [`ConfigRef::constant`]: many values need no contexts.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::Ruleset;
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "new-checkout", "rows": [{"values": [{"value": {"bool": true}}]}]}
    /// ]}"#)?;
    /// let constant = ruleset.find("new-checkout").and_then(|found| found.constant());
    /// assert_eq!(constant.and_then(|constant| constant.is_true()), Some(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn find(&self, key: &str) -> Option<ConfigRef<'_>> {
        self.at(self.keys.slot(key)?)
    }

    #[inline]
    pub(crate) fn at(&self, slot: u32) -> Option<ConfigRef<'_>> {
        let config = self.config(slot)?;
        Some(ConfigRef { ruleset: self, config })
    }
}

/// A reference to a compiled config, returned by [`Ruleset::find`] and [`Ruleset::find_prepared`].
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, Ruleset, SystemHost};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "new-checkout", "rows": [{"values": [{"value": {"bool": true}}]}]}
/// ]}"#)?;
/// let config = ruleset.find("new-checkout").ok_or("no such key")?;
/// assert_eq!(config.is_true(&Contexts::default(), &SystemHost)?, Some(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConfigRef<'r> {
    ruleset: &'r Ruleset,
    config: &'r CompiledConfig,
}

impl<'r> ConfigRef<'r> {
    /// Returns the first rule if it applies to all contexts: it has no criteria and no percentage rollout.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::Ruleset;
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "new-checkout", "rows": [{"values": [{"value": {"bool": true}}]}]}
    /// ]}"#)?;
    /// assert!(ruleset.find("new-checkout").is_some_and(|config| config.constant().is_some()));
    /// # Ok::<(), prefab_eval::datafile::DatafileError>(())
    /// ```
    #[inline]
    pub fn constant(&self) -> Option<SelectedRule<'r>> {
        SelectedRule::constant(self.config)
    }

    /// Selects a rule and returns whether its value is `true`; see [`SelectedRule::is_true`].
    ///
    /// This is faster than [`select`](Self::select), because it returns less.
    ///
    /// # Errors
    ///
    /// [`SelectError`] if no rule matches.
    #[inline(never)]
    pub fn is_true(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Option<bool>, SelectError> {
        let mut trace = ();
        let mut evaluator = Evaluator::new(self.ruleset, contexts, host, &mut trace);
        evaluator.select(self.config, &Frame::ROOT).map(|selection| selection.is_true())
    }

    /// Evaluates the config; see [`Ruleset::evaluate`].
    ///
    /// # Errors
    ///
    /// [`EvalError`] if no rule matches, or the value cannot be computed.
    #[inline]
    pub fn evaluate(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Evaluation<'r>, EvalError> {
        match self.constant().and_then(|constant| constant.evaluation()) {
            Some(evaluation) => Ok(evaluation),
            None => self.evaluate_rules(contexts, host),
        }
    }

    #[inline(never)]
    fn evaluate_rules(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Evaluation<'r>, EvalError> {
        self.ruleset.evaluate_config(self.config, contexts, host, &mut ())
    }

    /// Selects the rule that applies.
    ///
    /// # Errors
    ///
    /// [`SelectError`] if no rule matches.
    #[inline(never)]
    pub fn select(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<SelectedRule<'r>, SelectError> {
        Evaluator::new(self.ruleset, contexts, host, &mut ()).select(self.config, &Frame::ROOT)
    }
}
