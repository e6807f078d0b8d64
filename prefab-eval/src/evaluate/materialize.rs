//! Values and operands that are computed at each evaluation.

use std::{borrow::Cow, sync::Arc};

use prefab_core::{Operator, ValueType, borrowed::Value};

use super::{Evaluator, Frame, MAX_DEPTH};
use crate::{
    EvalError, EvaluatedValue, Evaluation, SearchLimit, SelectedRule,
    compiled_value::{Encrypted, ValueKind},
    decrypt::decrypt,
    operators::{InvalidOperand, ParsedPattern, Test},
    provided::coerce_and_keep,
    rule::{Check, ProvidedSide},
    trace::Trace,
};

impl<'r, T: Trace> Evaluator<'r, '_, T> {
    /// Computes a value that is not precomputed.
    #[cold]
    pub(super) fn materialize(
        &mut self,
        selection: &SelectedRule<'r>,
        frame: &Frame<'_>,
    ) -> Result<Evaluation<'r>, EvalError> {
        let mut provided = None;
        let value = match &selection.compiled.kind {
            ValueKind::Provided { variable, expected } => {
                let text = self.host.env_var(variable);
                self.trace.provided(variable, text.is_some());
                let variable = || variable.clone().into_string();
                let text = text.ok_or_else(|| {
                    if self.host.is_env_var_malformed(&variable()) {
                        EvalError::MalformedEnvVar { variable: variable() }
                    } else {
                        EvalError::MissingEnvVar { variable: variable() }
                    }
                })?;
                let coerced = coerce_and_keep(text, *expected);
                let (value, text) = coerced.ok_or_else(|| EvalError::UnableToCoerceEnvVar {
                    variable: variable(),
                    expected: *expected,
                })?;
                // The text of an undeclared type is kept, because the caller may read it as another type.
                provided = text.filter(|_| selection.secret || *expected == ValueType::NotSet);
                value
            }
            ValueKind::Encrypted(encrypted) => {
                let Encrypted { stored, slot, decrypt_with } = &**encrypted;
                let plain = self.decrypted(stored, *slot, decrypt_with, frame)?;
                EvaluatedValue::String(Cow::Owned(plain))
            }
            ValueKind::Invalid(error) => return Err((**error).clone()),
            // Rollouts were resolved before, and all other values are precomputed.
            _ => return Err(EvalError::InvalidWeightedValues),
        };
        Ok(selection.evaluation_of(value, provided))
    }

    fn decrypted(
        &mut self,
        stored: &str,
        slot: u32,
        decrypt_with: &str,
        frame: &Frame<'_>,
    ) -> Result<String, EvalError> {
        let failed =
            |cause: String| EvalError::UnableToDecrypt { decrypt_with: decrypt_with.to_owned(), cause };
        if frame.depth >= MAX_DEPTH {
            return Err(failed(format!(
                "more than {MAX_DEPTH} decryption keys are encrypted with each other"
            )));
        }
        let config = self.ruleset.config(slot).ok_or_else(|| failed("no config has this key".to_owned()))?;
        self.trace.enter_key(decrypt_with);
        let key = self.evaluate(config, &frame.inner(None));
        self.trace.leave_key();
        let key = key.map_err(|error| failed(error.to_string()))?;
        match &key.value {
            EvaluatedValue::String(key) => decrypt(stored, key).map_err(|cause| failed(cause.to_owned())),
            other => Err(failed(format!("its value is of type {}, not string", other.kind()))),
        }
    }

    /// Compiles a criterion whose operand is an environment variable.
    ///
    /// If the variable is not set, or if its text does not fit the operator, the criterion has the result of an invalid
    /// operand: see [`InvalidOperand::test`]. Operators without an operand, such as `ALWAYS_TRUE`, ignore the variable.
    pub(super) fn provided_check(&mut self, side: &ProvidedSide) -> Check {
        let ProvidedSide { operator, variable, by_segment } = side;
        let text = self.host.env_var(variable);
        if let (Operator::PropMatches | Operator::PropDoesNotMatch, Some(text)) = (operator, &text) {
            return self.provided_pattern(text, *operator == Operator::PropDoesNotMatch);
        }
        let value = text.as_deref().map(|text| match operator {
            // List operators get a list with one element.
            Operator::PropBefore
            | Operator::PropAfter
            | Operator::PropSemverLessThan
            | Operator::PropSemverEqual
            | Operator::PropSemverGreaterThan
            | Operator::HierarchicalMatch => Value::String(text),
            _ => Value::StringList(vec![text]),
        });
        let compiled = Test::compile(*operator, value.as_ref(), *by_segment);
        Check::Test(compiled.unwrap_or_else(|_| InvalidOperand::test(*operator)))
    }

    /// Compiles a pattern for one search. Compiling counts as 40,000 steps, which take about as long.
    fn provided_pattern(&mut self, text: &str, negated: bool) -> Check {
        const STEPS: usize = 40_000;
        if !self.budget.spend(STEPS) {
            self.trace.search_limit_reached(SearchLimit::Budget);
            return Check::Test(Test::Never);
        }
        let limits = self.ruleset.regex_limits();
        let pattern = ParsedPattern::new(text, limits).and_then(|parsed| parsed.compile(limits));
        pattern.map_or(Check::Test(Test::Never), |pattern| Check::of_pattern(Arc::new(pattern), negated))
    }
}
