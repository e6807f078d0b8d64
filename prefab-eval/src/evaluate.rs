//! The evaluation of rows, rules and criteria.

mod materialize;

use prefab_core::{ContextValue, Criterion, LogLevel};

use crate::{
    Contexts, EvalError, EvaluatedValue, Evaluation, Host, Ruleset, SearchBudget, SelectedRule,
    compiled::{CompiledConfig, OriginalConfig},
    compiled_value::{CompiledValue, ValueKind},
    contexts::Stack,
    property::Property,
    rule::{Check, Condition, ProvidedSide, Rule},
    search::Search,
    selected_rule::SelectError,
    trace::Trace,
};

/// Maximum depth of segments within segments, and of decryption keys that are encrypted. It bounds the stack.
const MAX_DEPTH: u32 = 64;

/// Maximum number of segments that one evaluation enters. Large segments count as several.
///
/// Segments that share segments or form cycles have exponentially many paths, which a limit of the depth does not bound.
const MAX_SEGMENTS: u32 = 10_000;

impl Ruleset {
    /// Evaluates a key.
    ///
    /// Does not allocate or lock, except to decrypt a value, to read an environment variable, to return an error other
    /// than a missing config or rule, and to run a regular expression that is too large for a state table or needs
    /// backtracking.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if no config has the key, no rule matches, or the value cannot be computed.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Context, ContextSet, Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// ]}"#)?;
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::of(&user), &SystemHost)?;
    /// assert_eq!(evaluation.value.to_string(), "30");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn evaluate<'r>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<Evaluation<'r>, EvalError> {
        self.evaluate_with(key, contexts, host, &mut ())
    }

    /// Evaluates a key and reports every step to `trace`; see [`Trace`] for an example.
    ///
    /// # Errors
    ///
    /// As for [`evaluate`](Self::evaluate).
    pub fn evaluate_with<'r, T: Trace>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
        trace: &mut T,
    ) -> Result<Evaluation<'r>, EvalError> {
        let config = self.keys.slot(key).and_then(|slot| self.config(slot)).ok_or(EvalError::UnknownKey)?;
        self.evaluate_config(config, contexts, host, trace)
    }

    pub(crate) fn evaluate_config<'r, T: Trace>(
        &'r self,
        config: &'r CompiledConfig,
        contexts: &Contexts<'_>,
        host: &dyn Host,
        trace: &mut T,
    ) -> Result<Evaluation<'r>, EvalError> {
        if !T::ENABLED
            && let Some(constant) = SelectedRule::constant(config)
            && let Some(evaluation) = constant.evaluation()
        {
            return Ok(evaluation);
        }
        Evaluator::new(self, contexts, host, trace).evaluate(config, &Frame::ROOT)
    }

    /// Evaluates a key with a limit that several evaluations share, and updates `budget`.
    ///
    /// # Errors
    ///
    /// As for [`evaluate`](Self::evaluate).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SearchBudget, SystemHost};
    ///
    /// let (ruleset, mut budget) = (Ruleset::default(), SearchBudget::default());
    /// let result = ruleset.evaluate_with_budget("key", &Contexts::default(), &SystemHost, &mut budget);
    /// assert!(result.is_err() && !budget.is_exhausted());
    /// ```
    pub fn evaluate_with_budget<'r>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
        budget: &mut SearchBudget,
    ) -> Result<Evaluation<'r>, EvalError> {
        let config = self.keys.slot(key).and_then(|slot| self.config(slot)).ok_or(EvalError::UnknownKey)?;
        let mut trace = ();
        let mut evaluator = Evaluator::new(self, contexts, host, &mut trace);
        evaluator.budget = *budget;
        let evaluation = evaluator.evaluate(config, &Frame::ROOT);
        *budget = evaluator.budget;
        evaluation
    }

    /// Returns the level of the first of these configs that has one.
    ///
    /// Log lines wait for the result, so this does not build an [`Evaluation`] if it can avoid it.
    #[inline]
    pub(crate) fn first_log_level<'r>(
        &'r self,
        configs: impl Iterator<Item = &'r CompiledConfig>,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Option<LogLevel> {
        let mut trace = ();
        let mut evaluator = Evaluator::new(self, contexts, host, &mut trace);
        for config in configs {
            evaluator.segments = 0;
            let level = match evaluator.first_rule(config, &Frame::ROOT) {
                None => continue,
                Some(Rule { compiled: CompiledValue { kind: ValueKind::LogLevel(level), .. }, .. }) => *level,
                Some(_) => match evaluator.evaluate(config, &Frame::ROOT) {
                    Ok(Evaluation { value: EvaluatedValue::LogLevel(level), .. }) => level,
                    _ => continue,
                },
            };
            if level != LogLevel::NotSet {
                return Some(level);
            }
        }
        None
    }
}

/// The chain of segments that are being evaluated, to detect cycles.
pub(crate) struct Frame<'f> {
    slot: Option<u32>,
    outer: Option<&'f Frame<'f>>,
    depth: u32,
}

impl Frame<'_> {
    pub(crate) const ROOT: Self = Self { slot: None, outer: None, depth: 0 };

    fn contains(&self, slot: u32) -> bool {
        self.slot == Some(slot) || self.outer.is_some_and(|outer| outer.contains(slot))
    }

    fn inner(&self, slot: Option<u32>) -> Frame<'_> {
        Frame { slot, outer: Some(self), depth: self.depth + 1 }
    }
}

pub(crate) struct Evaluator<'r, 'e, T> {
    ruleset: &'r Ruleset,
    stack: Stack<'e>,
    host: &'e dyn Host,
    trace: &'e mut T,
    /// The segments entered so far, by weight.
    segments: u32,
    /// The steps that searches may still take.
    budget: SearchBudget,
}

impl<'r, 'e, T: Trace> Evaluator<'r, 'e, T> {
    #[inline]
    pub(crate) fn new(
        ruleset: &'r Ruleset,
        contexts: &'e Contexts<'e>,
        host: &'e dyn Host,
        trace: &'e mut T,
    ) -> Self
    where
        'r: 'e,
    {
        let stack = Stack::new(contexts, &ruleset.default_context);
        Self { ruleset, stack, host, trace, segments: 0, budget: SearchBudget::default() }
    }

    #[inline]
    fn evaluate(
        &mut self,
        config: &'r CompiledConfig,
        frame: &Frame<'_>,
    ) -> Result<Evaluation<'r>, EvalError> {
        let selection = self.select(config, frame)?;
        if let Some(value) = EvaluatedValue::precomputed(&selection.compiled.kind) {
            return Ok(selection.evaluation_of(value, None));
        }
        self.materialize(&selection, frame)
    }

    /// Selects the rule, and the value of its percentage rollout.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call costs more than the function")]
    pub(crate) fn select(
        &mut self,
        config: &'r CompiledConfig,
        frame: &Frame<'_>,
    ) -> Result<SelectedRule<'r>, SelectError> {
        let rule = self.first_rule(config, frame).ok_or(SelectError::NoMatch)?;
        let mut compiled = &rule.compiled;
        let mut secret = compiled.is_secret();
        let mut weighted = None;
        while let ValueKind::Weighted(choices) = &compiled.kind {
            let chosen = choices.choose(&self.stack, self.host, self.trace);
            let (index, chosen) = chosen.ok_or(SelectError::InvalidWeightedValues)?;
            weighted = weighted.or(Some(index));
            secret |= chosen.is_secret();
            compiled = chosen;
        }
        Ok(SelectedRule { config, compiled, row: rule.row, rule: rule.index, weighted, secret })
    }

    /// Returns the first rule that matches, in the rows of the environment and then in the default rows.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call costs more than the function")]
    fn first_rule(&mut self, config: &'r CompiledConfig, frame: &Frame<'_>) -> Option<&'r Rule> {
        // A trace receives every row and rule, so it does not skip rules by chains.
        let original = T::ENABLED.then(|| OriginalConfig::of(config));
        let mut traced = 0;
        let mut chains = if T::ENABLED { &[] } else { config.chains() };
        let mut at = 0;
        while let Some(rule) = config.rules.get(at) {
            if let Some((chain, later)) = chains.split_first()
                && chain.start == at
            {
                chains = later;
                at = chain.skip(&self.stack);
                continue;
            }
            if T::ENABLED {
                self.trace_rows(config, &mut traced, rule.row.saturating_add(1));
                self.trace.rule(rule.index, rule.conditions().len());
            }
            if self.all_match(original.as_ref(), rule, frame) {
                return Some(rule);
            }
            at += 1;
        }
        if let Some(original) = original {
            self.trace_rows(config, &mut traced, original.rows());
        }
        None
    }

    /// Reports the rows before `end` that were not reported yet.
    fn trace_rows(&mut self, config: &CompiledConfig, traced: &mut u32, end: u32) {
        while *traced < end {
            self.trace.row(*traced, config.environment_of(*traced));
            *traced += 1;
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call costs more than the function")]
    fn all_match(&mut self, original: Option<&OriginalConfig<'_>>, rule: &Rule, frame: &Frame<'_>) -> bool {
        // A loop instead of `Iterator::all`, whose closure the compiler does not inline.
        for (at, condition) in rule.conditions().iter().enumerate() {
            let matched = self.matches(condition, frame);
            if T::ENABLED
                && let Some(criterion) = original.and_then(|original| original.criterion(rule, at))
            {
                self.trace_criterion(condition, criterion, matched);
            }
            if !matched {
                return false;
            }
        }
        true
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call costs more than the function")]
    fn matches(&mut self, condition: &Condition, frame: &Frame<'_>) -> bool {
        let Condition { property, check } = condition;
        match check {
            Check::Test(test) => property.with(&self.stack, self.host, |value| test.matches(value)),
            Check::Segment { slot, negated } => self.in_segment(*slot, frame) != *negated,
            Check::Search(search) => self.matches_search(property, search),
            Check::Provided(side) => self.matches_provided(property, side),
        }
    }

    #[inline(never)]
    fn matches_search(&mut self, property: &Property, search: &Search) -> bool {
        let budget = &mut self.budget;
        let matched = property.with(&self.stack, self.host, |value| search.matches(value, budget));
        matched.unwrap_or_else(|limit| {
            self.trace.search_limit_reached(limit);
            false
        })
    }

    #[cold]
    #[inline(never)]
    fn matches_provided(&mut self, property: &Property, side: &ProvidedSide) -> bool {
        match self.provided_check(side) {
            Check::Test(test) => property.with(&self.stack, self.host, |value| test.matches(value)),
            Check::Search(search) => self.matches_search(property, &search),
            Check::Segment { .. } | Check::Provided(_) => false,
        }
    }

    fn in_segment(&mut self, slot: u32, frame: &Frame<'_>) -> bool {
        let ruleset = self.ruleset;
        let mut problem = None;
        if T::ENABLED {
            self.trace.enter_segment(ruleset.keys.name(slot));
        }
        let matched = match ruleset.config(slot) {
            _ if frame.contains(slot) => {
                problem = Some("the segment refers to itself");
                false
            }
            _ if frame.depth >= MAX_DEPTH => {
                problem = Some("segments are nested too deeply");
                false
            }
            _ if self.segments >= MAX_SEGMENTS => {
                problem = Some("the evaluation entered too many segments");
                false
            }
            None => {
                problem = Some("the segment does not exist");
                false
            }
            Some(segment) => {
                self.segments = self.segments.saturating_add(u32::from(segment.weight));
                let inner = frame.inner(Some(slot));
                match self.select(segment, &inner) {
                    Ok(selection) => selection.is_true().unwrap_or_else(|| {
                        let compiled = self.materialize(&selection, &inner);
                        matches!(compiled, Ok(Evaluation { value: EvaluatedValue::Bool(true), .. }))
                    }),
                    Err(_) => false,
                }
            }
        };
        if T::ENABLED {
            self.trace.leave_segment(ruleset.keys.name(slot), matched, problem);
        }
        matched
    }

    /// Reports a criterion and its result.
    fn trace_criterion(&mut self, condition: &Condition, criterion: &Criterion, matched: bool) {
        let trace = &mut *self.trace;
        condition.property.with(&self.stack, self.host, |value: Option<&ContextValue>| {
            trace.criterion(criterion, value, matched);
        });
    }
}
