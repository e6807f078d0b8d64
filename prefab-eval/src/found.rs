//! From a key to its config, and from that to an answer whose value is not made yet.

use crate::{
    Contexts, Host, Ruleset, Selection, Unselected,
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
    ) -> Result<Selection<'r>, Unselected> {
        let found = self.find(key).ok_or(Unselected::UnknownKey)?;
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
    pub fn find(&self, key: &str) -> Option<Found<'_>> {
        let config = self.keys.slot(key).and_then(|slot| self.config(slot))?;
        Some(Found { ruleset: self, config })
    }
}

/// A config that was [found](Ruleset::find) by its key.
#[derive(Clone, Copy, Debug)]
pub struct Found<'r> {
    ruleset: &'r Ruleset,
    config: &'r CompiledConfig,
}

impl<'r> Found<'r> {
    /// Returns the answer where it is the same for all contexts: the first rule has no criteria, and no percentages.
    #[inline]
    pub fn constant(&self) -> Option<Selection<'r>> {
        Selection::constant(self.config)
    }

    /// Tells whether the value is the bool `true`, as [`Selection::is_true`] does, and nothing else: less has to be
    /// handed over.
    #[inline(never)]
    pub fn is_true(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Option<bool>, Unselected> {
        let mut trace = ();
        let mut evaluator = Evaluator::new(self.ruleset, contexts, host, &mut trace);
        evaluator.select(self.config, &Frame::ROOT).map(|selection| selection.is_true())
    }

    /// Finds the answer among the rules.
    #[inline(never)]
    pub fn select(&self, contexts: &Contexts<'_>, host: &dyn Host) -> Result<Selection<'r>, Unselected> {
        Evaluator::new(self.ruleset, contexts, host, &mut ()).select(self.config, &Frame::ROOT)
    }
}
