//! Evaluation: rows, rules, criteria, values.

mod materialize;

use prefab_core::{ContextValue, Criterion, LogLevel};

use crate::{
    Contexts, EvalError, EvaluatedValue, Evaluation, Host, Ruleset, SearchBudget, SelectedRule,
    compiled::{CompiledConfig, Written},
    compiled_value::{CompiledValue, ValueKind},
    contexts::Stack,
    property::Property,
    rule::{Check, Condition, ProvidedSide, Rule},
    search::Search,
    selected_rule::SelectError,
    trace::Trace,
};

/// Segments within segments, and keys that decrypt keys, go no deeper; the stack of a thread is finite.
const MAX_DEPTH: u32 = 64;

/// How many segments one evaluation enters; large ones count as several. Segments that share segments, or that form circles, have
/// exponentially many ways through them; depth alone would not end the walk in anybody's lifetime.
const MAX_SEGMENTS: u32 = 10_000;

impl Ruleset {
    /// Evaluates a key.
    ///
    /// Neither allocates nor locks, except for what must be made anew each time: provided and decrypted
    /// values, errors, and the regular expressions too large for a state table.
    #[inline]
    pub fn evaluate<'r>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
    ) -> Result<Evaluation<'r>, EvalError> {
        self.evaluate_with(key, contexts, host, &mut ())
    }

    /// Evaluates a key and tells every step to `trace`.
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

    /// Evaluates a key with the effort that earlier evaluations left, and returns the rest in `effort`.
    pub fn evaluate_with_budget<'r>(
        &'r self,
        key: &str,
        contexts: &Contexts<'_>,
        host: &dyn Host,
        effort: &mut SearchBudget,
    ) -> Result<Evaluation<'r>, EvalError> {
        let config = self.keys.slot(key).and_then(|slot| self.config(slot)).ok_or(EvalError::UnknownKey)?;
        let mut trace = ();
        let mut evaluator = Evaluator::new(self, contexts, host, &mut trace);
        evaluator.effort = *effort;
        let evaluation = evaluator.evaluate(config, &Frame::ROOT);
        *effort = evaluator.effort;
        evaluation
    }

    /// Returns the level that the first of these configs names; those that name none are passed over.
    ///
    /// Log lines wait for it, so what nobody here asks for, indices and provenance, is not put together.
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
                Some(Rule { answer: CompiledValue { kind: ValueKind::LogLevel(level), .. }, .. }) => *level,
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

/// What is being evaluated around this: found again, it is a circle.
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
    /// What searches for patterns may still spend.
    effort: SearchBudget,
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
        Self { ruleset, stack, host, trace, segments: 0, effort: SearchBudget::default() }
    }

    #[inline]
    fn evaluate(
        &mut self,
        config: &'r CompiledConfig,
        frame: &Frame<'_>,
    ) -> Result<Evaluation<'r>, EvalError> {
        let selection = self.select(config, frame)?;
        if let Some(value) = EvaluatedValue::precomputed(&selection.answer.kind) {
            return Ok(selection.evaluation_of(value, None));
        }
        self.make(&selection, frame)
    }

    /// Finds the answer: the rule, and the choice among its percentages.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    pub(crate) fn select(
        &mut self,
        config: &'r CompiledConfig,
        frame: &Frame<'_>,
    ) -> Result<SelectedRule<'r>, SelectError> {
        let rule = self.first_rule(config, frame).ok_or(SelectError::NoMatch)?;
        let mut answer = &rule.answer;
        let mut secret = answer.is_secret();
        let mut weighted = None;
        while let ValueKind::Weighted(choices) = &answer.kind {
            let chosen = choices.choose(&self.stack, self.host, self.trace);
            let (index, chosen) = chosen.ok_or(SelectError::InvalidWeightedValues)?;
            weighted = weighted.or(Some(index));
            secret |= chosen.is_secret();
            answer = chosen;
        }
        Ok(SelectedRule { config, answer, row: rule.row, rule: rule.index, weighted, secret })
    }

    /// Finds the first rule that holds, in the environment's rows and then in the default ones.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    fn first_rule(&mut self, config: &'r CompiledConfig, frame: &Frame<'_>) -> Option<&'r Rule> {
        // Whoever listens is told of every row and rule.
        let written = T::ENABLED.then(|| Written::of(config));
        let mut told = 0;
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
                self.tell_rows(config, &mut told, rule.row.saturating_add(1));
                self.trace.rule(rule.index, rule.conditions().len());
            }
            if self.all_hold(written.as_ref(), rule, frame) {
                return Some(rule);
            }
            at += 1;
        }
        if let Some(written) = written {
            self.tell_rows(config, &mut told, written.rows());
        }
        None
    }

    /// Tells that the rows before `end` are tried, but for those that were told before.
    fn tell_rows(&mut self, config: &CompiledConfig, told: &mut u32, end: u32) {
        while *told < end {
            self.trace.row(*told, config.environment_of(*told));
            *told += 1;
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    fn all_hold(&mut self, written: Option<&Written<'_>>, rule: &Rule, frame: &Frame<'_>) -> bool {
        // A loop, and no `all`: that one would be called.
        for (at, condition) in rule.conditions().iter().enumerate() {
            let held = self.holds(condition, frame);
            if T::ENABLED
                && let Some(criterion) = written.and_then(|written| written.criterion(rule, at))
            {
                self.tell(condition, criterion, held);
            }
            if !held {
                return false;
            }
        }
        true
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
    fn holds(&mut self, condition: &Condition, frame: &Frame<'_>) -> bool {
        let Condition { property, check } = condition;
        match check {
            Check::Test(test) => property.with(&self.stack, self.host, |value| test.holds(value)),
            Check::Segment { slot, negated } => self.in_segment(*slot, frame) != *negated,
            Check::Search(search) => self.holds_search(property, search),
            Check::Provided(side) => self.holds_provided(property, side),
        }
    }

    #[inline(never)]
    fn holds_search(&mut self, property: &Property, search: &Search) -> bool {
        let effort = &mut self.effort;
        let held = property.with(&self.stack, self.host, |value| search.holds(value, effort));
        held.unwrap_or_else(|limit| {
            self.trace.search_limit_reached(limit);
            false
        })
    }

    #[cold]
    #[inline(never)]
    fn holds_provided(&mut self, property: &Property, side: &ProvidedSide) -> bool {
        match self.provided_check(side) {
            Check::Test(test) => property.with(&self.stack, self.host, |value| test.holds(value)),
            Check::Search(search) => self.holds_search(property, &search),
            Check::Segment { .. } | Check::Provided(_) => false,
        }
    }

    fn in_segment(&mut self, slot: u32, frame: &Frame<'_>) -> bool {
        let ruleset = self.ruleset;
        let mut problem = None;
        if T::ENABLED {
            self.trace.enter_segment(ruleset.keys.name(slot));
        }
        let held = match ruleset.config(slot) {
            _ if frame.contains(slot) => {
                problem = Some("it refers to itself in a circle");
                false
            }
            _ if frame.depth >= MAX_DEPTH => {
                problem = Some("segments are nested too deeply");
                false
            }
            _ if self.segments >= MAX_SEGMENTS => {
                problem = Some("too many segments lead to one another");
                false
            }
            None => {
                problem = Some("there is no such segment");
                false
            }
            Some(segment) => {
                self.segments = self.segments.saturating_add(u32::from(segment.weight));
                let inner = frame.inner(Some(slot));
                match self.select(segment, &inner) {
                    Ok(selection) => selection.is_true().unwrap_or_else(|| {
                        let answer = self.make(&selection, &inner);
                        matches!(answer, Ok(Evaluation { value: EvaluatedValue::Bool(true), .. }))
                    }),
                    Err(_) => false,
                }
            }
        };
        if T::ENABLED {
            self.trace.leave_segment(ruleset.keys.name(slot), held, problem);
        }
        held
    }

    /// Tells a tested criterion in the words of the config.
    fn tell(&mut self, condition: &Condition, criterion: &Criterion, held: bool) {
        let trace = &mut *self.trace;
        condition.property.with(&self.stack, self.host, |value: Option<&ContextValue>| {
            trace.criterion(criterion, value, held);
        });
    }
}
