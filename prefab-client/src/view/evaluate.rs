//! Evaluation by a config key or a prepared key.

use prefab_eval::{Contexts, EvalError, EvaluatedValue, Evaluation, SelectError};

use super::View;
use crate::{
    Error, FromValue,
    error::{MissingReason, near},
    log_target::LOG,
    lookup::Lookup,
    scope::InnermostScope,
    typed,
};

impl View<'_> {
    /// Returns the value; see [`get`](Self::get).
    #[inline]
    pub(crate) fn get_by<T: FromValue>(&self, key: impl Lookup) -> Result<T, Error> {
        self.inner.engine.gate.wait_ready(key.name())?;
        self.evaluate_now(key, |answer| self.value(key.name(), answer))
    }

    /// Returns the value or `default`; see [`get_or`](Self::get_or).
    #[inline]
    pub(crate) fn get_or_by<T: FromValue>(&self, key: impl Lookup, default: T) -> T {
        self.await_server(key.name());
        self.evaluate_now(key, |answer| self.value_or(key.name(), answer, default))
    }

    /// Passes the evaluation to `read`; see [`evaluate`](Self::evaluate).
    #[inline]
    pub(crate) fn evaluate_by<R>(
        &self,
        key: impl Lookup,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        self.await_server(key.name());
        self.evaluate_now(key, read)
    }

    /// Returns whether a flag is on, or an error; see [`try_enabled`](Self::try_enabled).
    pub(crate) fn try_enabled_by(&self, key: impl Lookup) -> Result<bool, Error> {
        self.inner.engine.gate.wait_ready(key.name())?;
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => Ok(matches!(answer.value, EvaluatedValue::Bool(true))),
            Err(error) if error.is_missing_value() => Ok(false),
            Err(error) => Err(self.error(key.name(), error)),
        })
    }

    /// Returns whether a flag is on; see [`enabled`](Self::enabled).
    #[inline]
    pub(crate) fn enabled_by(&self, key: impl Lookup) -> bool {
        self.await_server(key.name());
        let engine = &self.inner.engine;
        let is_on = engine.with_rules(|rules, counters| {
            let found = key.find(rules);
            let constant = found.and_then(|found| found.constant());
            #[cfg(feature = "telemetry")]
            if let Some(recorder) = &engine.recorder {
                return match constant {
                    Some(constant) if self.count_known(recorder, rules, counters, &constant) => {
                        constant.is_true()
                    }
                    _ => self.enabled_recorded(recorder, rules, counters, found),
                };
            }
            #[cfg(not(feature = "telemetry"))]
            let _ = counters;
            if let Some(constant) = constant {
                return constant.is_true();
            }
            let scope = InnermostScope::take();
            let found = found.ok_or(SelectError::UnknownKey);
            is_true(found.and_then(|found| found.is_true(&self.contexts(&scope), &engine.host)))
        });
        is_on.unwrap_or_else(|| self.enabled_computed(key))
    }

    /// Evaluates [`enabled_by`](Self::enabled_by) for a value that is not precomputed, including one that cannot be computed.
    #[cold]
    fn enabled_computed(&self, key: impl Lookup) -> bool {
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => matches!(answer.value, EvaluatedValue::Bool(true)),
            Err(error) if error.is_missing_value() => false,
            Err(error) => {
                self.warn(&self.error(key.name(), error));
                false
            }
        })
    }

    /// Waits for the first response from the server. After a timeout or a rejected API key, the call continues with
    /// the local configs.
    #[inline]
    pub(super) fn await_server(&self, key: &str) {
        if !self.inner.engine.gate.is_open() {
            self.await_closed(key);
        }
    }

    #[cold]
    fn await_closed(&self, key: &str) {
        if let Err(error) = self.inner.engine.gate.wait_ready(key)
            && self.inner.is_first_report(&error)
        {
            tracing::warn!(target: LOG, %error, "server not ready; evaluating local configs");
        }
    }

    #[inline]
    pub(super) fn evaluate_now<R>(
        &self,
        key: impl Lookup,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        #[cfg(feature = "telemetry")]
        if let Some(recorder) = &self.inner.engine.recorder {
            return self.evaluate_recorded(recorder, key, read);
        }
        self.evaluate_unrecorded(key, read)
    }

    #[inline]
    pub(super) fn evaluate_unrecorded<R>(
        &self,
        key: impl Lookup,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        let engine = &self.inner.engine;
        engine.with_rules(|rules, _| {
            let answer = {
                let scope = InnermostScope::take();
                key.evaluate(rules, &self.contexts(&scope), &engine.host)
            };
            // By reference: moving an evaluation costs more than finding it.
            let result = read(answer.as_ref());
            // A precomputed value is borrowed from the ruleset, so dropping it does nothing, but takes time.
            if answer.as_ref().is_ok_and(Evaluation::is_precomputed) {
                std::mem::forget(answer);
            }
            result
        })
    }

    #[inline]
    pub(super) fn value<T: FromValue>(
        &self,
        key: &str,
        answer: Result<&Evaluation<'_>, &EvalError>,
    ) -> Result<T, Error> {
        match answer {
            Ok(answer) => convert(key, answer),
            Err(error) => Err(self.error(key, error)),
        }
    }

    #[inline]
    pub(super) fn value_or<T: FromValue>(
        &self,
        key: &str,
        answer: Result<&Evaluation<'_>, &EvalError>,
        default: T,
    ) -> T {
        match answer {
            Ok(answer) => convert(key, answer).unwrap_or_else(|error| {
                self.warn(&error);
                default
            }),
            Err(error) if error.is_missing_value() => default,
            Err(error) => {
                self.warn(&self.error(key, error));
                default
            }
        }
    }

    #[inline]
    pub(crate) fn contexts<'s>(&'s self, scope: &'s InnermostScope) -> Contexts<'s> {
        let scope = scope.contexts();
        Contexts { call: self.call, bound: self.bound, scope, global: &self.inner.engine.global }
    }

    pub(super) fn error(&self, key: &str, error: &EvalError) -> Error {
        let key = key.to_owned();
        if error.is_missing_value() {
            let reason = MissingReason::of(error, self.inner.engine.rules().len());
            let suggestion = self.near(&key);
            return Error::MissingDefault { key, reason, suggestion };
        }
        Error::Evaluation { key, cause: error.clone() }
    }

    /// Returns the existing key most similar to `key`, or `None` if `key` exists.
    pub(crate) fn near(&self, key: &str) -> Option<String> {
        let rules = self.inner.engine.rules();
        if rules.contains(key) {
            return None;
        }
        near(key, rules.entries().map(prefab_core::Entry::key))
    }

    /// Logs the error for which a default was returned, once per key and kind of error.
    pub(super) fn warn(&self, error: &Error) {
        if self.inner.is_first_report(error) {
            tracing::warn!(target: LOG, %error, "evaluation failed; returning the default");
        }
    }
}

/// Returns whether a flag is on; `None` if its value is not precomputed or is invalid.
#[inline]
pub(crate) fn is_true(answer: Result<Option<bool>, SelectError>) -> Option<bool> {
    match answer {
        Ok(is_true) => is_true,
        Err(SelectError::UnknownKey | SelectError::NoMatch) => Some(false),
        Err(SelectError::InvalidWeightedValues) => None,
    }
}

#[inline]
fn convert<T: FromValue>(key: &str, answer: &Evaluation<'_>) -> Result<T, Error> {
    typed::read(answer).map_err(|mismatch| Error::TypeMismatch {
        key: key.to_owned(),
        expected: T::EXPECTED,
        found: mismatch.shown(answer),
    })
}
