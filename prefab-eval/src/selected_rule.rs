//! Which answer wins, before its value is made.

use prefab_core::StoredConfig;

use crate::{
    EvalError, EvaluatedValue, Evaluation, Reason,
    compiled::CompiledConfig,
    compiled_value::{CompiledValue, ValueKind},
    rule::Rule,
};

/// Why there is no answer to make a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no config with this key.
    #[error("no config has this key")]
    UnknownKey,
    /// The config has no rule that holds in these contexts.
    #[error("no rule matches")]
    NoMatch,
    /// There are percentages of nothing.
    #[error("weighted values without a value to choose")]
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

/// The rule, and the choice among its percentages, that an evaluation came to. Its value is not made yet.
///
/// Most values stand in the ruleset, and whoever wants to know little of one need not have all of it put
/// together.
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
    pub(crate) answer: &'r CompiledValue,
    pub(crate) row: u32,
    pub(crate) rule: u32,
    pub(crate) weighted: Option<u32>,
    pub(crate) secret: bool,
}

impl<'r> SelectedRule<'r> {
    /// Selects the answer that a config has for everybody, if there is one.
    #[inline]
    pub(crate) fn constant(config: &'r CompiledConfig) -> Option<Self> {
        if !config.is_constant {
            return None;
        }
        let Rule { answer, row, index, .. } = config.rules.first()?;
        Some(Self { config, answer, row: *row, rule: *index, weighted: None, secret: answer.is_secret() })
    }

    /// Tells whether the value is the bool `true`; `None` where it has to be made first, from the
    /// environment or by decryption, and where it cannot be made.
    #[inline]
    pub fn is_true(&self) -> Option<bool> {
        match &self.answer.kind {
            ValueKind::Bool(bool) => Some(*bool),
            kind if kind.is_precomputed() => Some(false),
            _ => None,
        }
    }

    /// Returns a number that no other answer of a ruleset has had in this process.
    #[inline]
    pub fn id(&self) -> u64 {
        self.answer.id()
    }

    /// Tells whether the value stands in the ruleset. Others are made anew each time and may differ.
    #[inline]
    pub fn is_precomputed(&self) -> bool {
        self.answer.kind.is_precomputed()
    }

    /// Returns the config that answered.
    pub fn stored(&self) -> &'r StoredConfig {
        self.config.entry.stored()
    }

    /// Returns the whole answer, where its value stands in the ruleset.
    #[inline]
    pub fn evaluation(&self) -> Option<Evaluation<'r>> {
        Some(self.evaluation_of(EvaluatedValue::precomputed(&self.answer.kind)?, None))
    }

    #[inline]
    pub(crate) fn evaluation_of(
        &self,
        value: EvaluatedValue<'r>,
        provided: Option<Box<str>>,
    ) -> Evaluation<'r> {
        let Self { config, answer, row, rule, weighted, secret } = *self;
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
            answer,
            secret,
            provided,
        }
    }
}
