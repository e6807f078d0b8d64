//! The result of selecting a rule, before its value is computed.

use prefab_core::StoredConfig;

use crate::{
    EvalError, EvaluatedValue, Evaluation, Reason,
    compiled::CompiledConfig,
    compiled_value::{CompiledValue, ValueKind},
    rule::Rule,
};

/// The error of an evaluation in which no rule applies.
///
/// # Examples
///
/// ```
/// use prefab_eval::{EvalError, SelectError};
/// assert!(EvalError::from(SelectError::NoMatch).is_missing_value());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No config has this key.
    #[error("no config has this key")]
    UnknownKey,
    /// No rule of the config matches these contexts.
    #[error("no rule matches")]
    NoMatch,
    /// The percentage rollout has no values.
    #[error("the percentage rollout has no values")]
    InvalidWeightedValues,
}

impl From<SelectError> for EvalError {
    fn from(unselected: SelectError) -> Self {
        match unselected {
            SelectError::UnknownKey => Self::UnknownKey,
            SelectError::NoMatch => Self::NoMatch,
            SelectError::InvalidWeightedValues => Self::InvalidWeightedValues,
        }
    }
}

/// The rule that applies, and the chosen value of its percentage rollout. The value is not computed yet.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, FixedHost, Ruleset};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "new-checkout", "rows": [{"values": [{"value": {"bool": true}}]}]}
/// ]}"#)?;
/// let selection = ruleset.select("new-checkout", &Contexts::default(), &FixedHost::default())?;
/// assert_eq!(selection.is_true(), Some(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SelectedRule<'r> {
    pub(crate) config: &'r CompiledConfig,
    pub(crate) compiled: &'r CompiledValue,
    pub(crate) row: u32,
    pub(crate) rule: u32,
    pub(crate) weighted: Option<u32>,
    pub(crate) secret: bool,
}

impl<'r> SelectedRule<'r> {
    /// Selects the first rule if it applies to all contexts.
    #[inline]
    pub(crate) fn constant(config: &'r CompiledConfig) -> Option<Self> {
        if !config.is_constant {
            return None;
        }
        let Rule { compiled, row, index, .. } = config.rules.first()?;
        Some(Self { config, compiled, row: *row, rule: *index, weighted: None, secret: compiled.is_secret() })
    }

    /// Returns whether the value is the boolean `true`.
    ///
    /// Returns `None` if the value must be decrypted or read from the environment first, or is invalid.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// ]}"#)?;
    /// let selected = ruleset.select("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(selected.is_true(), Some(false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn is_true(&self) -> Option<bool> {
        match &self.compiled.kind {
            ValueKind::Bool(bool) => Some(*bool),
            kind if kind.is_precomputed() => Some(false),
            _ => None,
        }
    }

    /// Returns the id of the compiled value, which is unique within the process.
    #[inline]
    pub fn id(&self) -> u64 {
        self.compiled.id()
    }

    /// Returns whether the ruleset contains the value. Other values are computed by each evaluation and may change.
    #[inline]
    pub fn is_precomputed(&self) -> bool {
        self.compiled.kind.is_precomputed()
    }

    /// Returns the config.
    pub fn stored(&self) -> &'r StoredConfig {
        self.config.entry.stored()
    }

    /// Returns the evaluation, if the value is [precomputed](Self::is_precomputed).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, EvaluatedValue, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// ]}"#)?;
    /// let selected = ruleset.select("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(selected.evaluation().map(|evaluation| evaluation.value), Some(EvaluatedValue::Int(30)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn evaluation(&self) -> Option<Evaluation<'r>> {
        Some(self.evaluation_of(EvaluatedValue::precomputed(&self.compiled.kind)?, None))
    }

    #[inline]
    pub(crate) fn evaluation_of(
        &self,
        value: EvaluatedValue<'r>,
        provided: Option<Box<str>>,
    ) -> Evaluation<'r> {
        let Self { config, compiled, row, rule, weighted, secret } = *self;
        let reason = match weighted {
            Some(_) => Reason::Split,
            None if config.has_criteria => Reason::TargetingMatch,
            None => Reason::Static,
        };
        Evaluation {
            value,
            reason,
            config_row_index: row,
            conditional_value_index: rule,
            weighted_value_index: weighted,
            config,
            compiled,
            secret,
            provided,
        }
    }
}
