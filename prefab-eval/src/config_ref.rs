//! From a key to its config, and from that to an answer whose value is not made yet.

use crate::{
    Contexts, Host, Ruleset, SelectError, SelectedRule,
    compiled::CompiledConfig,
    evaluate::{Evaluator, Frame},
};

impl Ruleset {
    /// Finds the answer for a key, and does not make its value.
    ///
    /// Neither allocates nor locks, as [`evaluate`](Self::evaluate).
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

    /// Finds the config of a key, for whoever has to put the contexts together first: many answers need none.
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
        let config = self.keys.slot(key).and_then(|slot| self.config(slot))?;
        Some(ConfigRef { ruleset: self, config })
    }
}

/// A config that was [found](Ruleset::find) by its key.
#[derive(Clone, Copy, Debug)]
pub struct ConfigRef<'r> {
    ruleset: &'r Ruleset,
    config: &'r CompiledConfig,
}

impl<'r> ConfigRef<'r> {
    /// Returns the answer where it is the same for all contexts: the first rule has no criteria, and no percentages.
    #[inline]
    pub fn constant(&self) -> Option<SelectedRule<'r>> {
        SelectedRule::constant(self.config)
    }

    /// Tells whether the value is the bool `true`, as [`SelectedRule::is_true`] does, and nothing else: less has to be
    /// handed over.
    #[inline(never)]
    pub fn is_true(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Option<bool>, SelectError> {
        let mut trace = ();
        let mut evaluator = Evaluator::new(self.ruleset, contexts, host, &mut trace);
        evaluator.select(self.config, &Frame::ROOT).map(|selection| selection.is_true())
    }

    /// Finds the answer among the rules.
    #[inline(never)]
    pub fn select(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<SelectedRule<'r>, SelectError> {
        Evaluator::new(self.ruleset, contexts, host, &mut ()).select(self.config, &Frame::ROOT)
    }
}
