//! A client with the contexts of one call.

use std::sync::Arc;

use prefab_core::{ContextSet, LogLevel};
use prefab_eval::{Contexts, EvalError, EvaluatedValue, Evaluation, Unselected};

use crate::{
    Error, EvaluationDetails, FromValue, OnNoDefault,
    error::{MissingReason, near},
    log_target::LOG,
    scope::InnermostScope,
    shared::Inner,
};

/// A client that answers for the contexts of one call; see [`Client::with`](crate::Client::with).
///
/// It borrows, so making one costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) call: &'a ContextSet,
    pub(crate) bound: &'a ContextSet,
}

impl View<'_> {
    /// Returns the value of `key`.
    ///
    /// # Errors
    ///
    /// [`Error::MissingDefault`] where there is no value, [`Error::TypeMismatch`] where it is of another
    /// type, [`Error::Evaluation`] where it could not be made, [`Error::InitializationTimeout`] and
    /// [`Error::Unauthorized`] where the server has not said anything yet.
    #[inline]
    pub fn get<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_now(key, |answer| self.value(key, answer))
    }

    /// Answers as [`get`](Self::get), for one who keeps the answer: that is no use of the config yet.
    pub(crate) fn get_unrecorded<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_unrecorded(key, |answer| self.value(key, answer))
    }

    /// Returns the value of `key`; where there is none, an error or nothing, as the option
    /// [`OnNoDefault`] says.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_optional<T: FromValue>(&self, key: &str) -> Result<Option<T>, Error> {
        match self.get(key) {
            Err(Error::MissingDefault { .. }) if self.inner.on_no_default == OnNoDefault::ReturnNone => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Returns the value of `key`, or `default` where there is none of that type.
    ///
    /// A value of another type, and one that could not be made, are logged as warnings.
    #[inline]
    pub fn get_or<T: FromValue>(&self, key: &str, default: T) -> T {
        self.evaluate(key, |answer| self.value_or(key, answer, default))
    }

    /// Answers as [`get_or`](Self::get_or), for one who keeps the answer.
    pub(crate) fn get_or_unrecorded<T: FromValue>(&self, key: &str, default: T) -> T {
        self.await_server(key);
        self.evaluate_unrecorded(key, |answer| self.value_or(key, answer, default))
    }

    /// Tells whether the flag `key` is on: its value is the bool `true`.
    ///
    /// False for a flag that is not there and for a value of any other kind; an error is logged.
    pub fn enabled(&self, key: &str) -> bool {
        self.await_server(key);
        let engine = &self.inner.engine;
        let at_once = engine.with_rules(|rules, counters| {
            let found = rules.find(key);
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
            let found = found.ok_or(Unselected::UnknownKey);
            is_true(found.and_then(|found| found.is_true(&self.contexts(&scope), &engine.host)))
        });
        at_once.unwrap_or_else(|| self.enabled_computed(key))
    }

    /// Answers as [`enabled`](Self::enabled) where the value has to be made, or cannot be.
    #[cold]
    fn enabled_computed(&self, key: &str) -> bool {
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => matches!(answer.value, EvaluatedValue::Bool(true)),
            Err(error) if error.is_no_value() => false,
            Err(error) => {
                self.warn(&self.error(key, error));
                false
            }
        })
    }

    /// Tells whether the flag `key` is on, or why that cannot be told.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get) where the server has not said anything yet, and
    /// [`Error::Evaluation`] where the value could not be made. A missing flag and a value of another kind
    /// are no errors: such a flag is off.
    pub fn try_enabled(&self, key: &str) -> Result<bool, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => Ok(matches!(answer.value, EvaluatedValue::Bool(true))),
            Err(error) if error.is_no_value() => Ok(false),
            Err(error) => Err(self.error(key, error)),
        })
    }

    /// Returns the value of `key` with its reason, variant, source and match.
    pub fn details(&self, key: &str) -> EvaluationDetails {
        self.await_server(key);
        let provenance = self.inner.engine.rules().entry(key).map(|entry| Arc::clone(entry.provenance()));
        self.evaluate_now(key, |answer| {
            EvaluationDetails::new(key, answer, provenance.as_deref(), |error| self.error(key, error))
        })
    }

    /// Says in words why `key` has its value: every rule that was tried, and what came of it.
    pub fn explain(&self, key: &str) -> String {
        let engine = &self.inner.engine;
        let mut words = engine.with_rules(|rules, _| {
            let scope = InnermostScope::take();
            rules.explain(key, &self.contexts(&scope), &engine.host).to_string()
        });
        if let Some(near) = self.near(key) {
            words.extend(["did you mean `", &near, "`?\n"]);
        }
        words
    }

    /// Returns the level for the logger `path`, `my_app::db` or `my_app.db`; `Warn` where no key says any.
    pub fn log_level(&self, path: &str) -> LogLevel {
        let path = path.replace("::", ".");
        let engine = &self.inner.engine;
        let level = engine.with_rules(|rules, _| {
            let scope = InnermostScope::take();
            rules.log_level(&path, &self.contexts(&scope), &engine.host)
        });
        level.unwrap_or(LogLevel::Warn)
    }

    /// Hands the engine's own answer to `read`: the value borrowed, without a copy.
    #[inline]
    pub fn evaluate<R>(&self, key: &str, read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R) -> R {
        self.await_server(key);
        self.evaluate_now(key, read)
    }

    /// Waits for the server's first word. Who cannot be told that it is late gets what there is.
    #[inline]
    fn await_server(&self, key: &str) {
        if !self.inner.engine.gate.is_open() {
            self.await_closed(key);
        }
    }

    #[cold]
    fn await_closed(&self, key: &str) {
        if let Err(error) = self.inner.engine.gate.wait_ready(key)
            && self.inner.is_first_report(&error)
        {
            tracing::warn!(target: LOG, %error, "answered with what there is");
        }
    }

    #[inline]
    fn evaluate_now<R>(&self, key: &str, read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R) -> R {
        #[cfg(feature = "telemetry")]
        if let Some(recorder) = &self.inner.engine.recorder {
            return self.evaluate_recorded(recorder, key, read);
        }
        self.evaluate_unrecorded(key, read)
    }

    #[inline]
    fn evaluate_unrecorded<R>(
        &self,
        key: &str,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        let engine = &self.inner.engine;
        engine.with_rules(|rules, _| {
            let answer = {
                let scope = InnermostScope::take();
                rules.evaluate(key, &self.contexts(&scope), &engine.host)
            };
            // By reference: to move an answer costs more than to find it.
            let result = read(answer.as_ref());
            // What stands in the ruleset is all borrowed, and to find that out by dropping it takes longer.
            if answer.as_ref().is_ok_and(Evaluation::stands) {
                std::mem::forget(answer);
            }
            result
        })
    }

    #[inline]
    fn value<T: FromValue>(
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
    fn value_or<T: FromValue>(
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
            Err(error) if error.is_no_value() => default,
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

    fn error(&self, key: &str, error: &EvalError) -> Error {
        let key = key.to_owned();
        if error.is_no_value() {
            let reason = MissingReason::of(error, self.inner.engine.rules().len());
            let suggestion = self.near(&key);
            return Error::MissingDefault { key, reason, suggestion };
        }
        Error::Evaluation { key, cause: error.clone() }
    }

    fn near(&self, key: &str) -> Option<String> {
        let rules = self.inner.engine.rules();
        if rules.contains(key) {
            return None;
        }
        near(key, rules.entries().map(prefab_core::Entry::key))
    }

    /// Logs why a default was given; once for each key and kind of error, not once for each call.
    fn warn(&self, error: &Error) {
        if self.inner.is_first_report(error) {
            tracing::warn!(target: LOG, %error, "the default is used instead");
        }
    }
}

/// Tells whether a flag is on; `None` where its value has to be made first, or cannot be.
#[inline]
pub(crate) fn is_true(answer: Result<Option<bool>, Unselected>) -> Option<bool> {
    match answer {
        Ok(is_true) => is_true,
        Err(Unselected::UnknownKey | Unselected::NoMatch) => Some(false),
        Err(Unselected::InvalidWeightedValues) => None,
    }
}

#[inline]
fn convert<T: FromValue>(key: &str, answer: &Evaluation<'_>) -> Result<T, Error> {
    T::from_value(&answer.value).map_err(|mismatch| Error::TypeMismatch {
        key: key.to_owned(),
        expected: T::EXPECTED,
        found: mismatch.shown(answer),
    })
}
