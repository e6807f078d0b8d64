//! A client with the contexts of one call.

use std::sync::Arc;

use prefab_core::{ContextSet, LogLevel};
use prefab_eval::{Contexts, EvalError, EvaluatedValue, Evaluation, SelectError};

use crate::{
    Error, EvaluationDetails, FromValue, OnNoDefault,
    error::{MissingReason, near},
    log_target::LOG,
    scope::InnermostScope,
    shared::Inner,
    typed,
};

/// Evaluates configs with the contexts of one call; created by [`Client::with`](crate::Client::with).
///
/// A view borrows the client and the contexts, so creating one does not allocate.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Context, ContextSet};
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
/// let for_user = client.with(&user);
/// assert_eq!(for_user.get::<i64>("max-jobs")?, 30);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) call: &'a ContextSet,
    pub(crate) bound: &'a ContextSet,
}

impl View<'_> {
    /// Returns the value of the config `key`; see [`Client::get`](crate::Client::get).
    ///
    /// # Errors
    ///
    /// - [`Error::MissingDefault`] if there is no value
    /// - [`Error::TypeMismatch`] if the value is not a `T`
    /// - [`Error::Evaluation`] if the value cannot be computed
    /// - [`Error::InitializationTimeout`] if the server has not responded within the initialization timeout
    /// - [`Error::Unauthorized`] if the server rejected the API key
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context, ContextSet};
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// assert_eq!(client.with(&user).get::<i64>("max-jobs")?, 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn get<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_now(key, |answer| self.value(key, answer))
    }

    /// Reads like [`get`](Self::get), but does not count an evaluation. For live handles.
    pub(crate) fn get_unrecorded<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_unrecorded(key, |answer| self.value(key, answer))
    }

    /// Returns the value of the config `key`, or `None` if there is no value and the client is built with
    /// [`OnNoDefault::ReturnNone`].
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, OnNoDefault};
    ///
    /// let client = Client::in_memory().on_no_default(OnNoDefault::ReturnNone).build()?;
    /// assert_eq!(client.view().get_optional::<i64>("max-jobs")?, None);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn get_optional<T: FromValue>(&self, key: &str) -> Result<Option<T>, Error> {
        match self.get(key) {
            Err(Error::MissingDefault { .. }) if self.inner.on_no_default == OnNoDefault::ReturnNone => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Returns the value of the config `key`, or `default` if there is no value of this type.
    ///
    /// If the value has another type or cannot be computed, the client logs a warning, once per key and kind of error.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// assert_eq!(client.view().get_or("max-jobs", 10), 10);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn get_or<T: FromValue>(&self, key: &str, default: T) -> T {
        self.evaluate(key, |answer| self.value_or(key, answer, default))
    }

    /// Reads like [`get_or`](Self::get_or), but does not count an evaluation. For live handles.
    pub(crate) fn get_or_unrecorded<T: FromValue>(&self, key: &str, default: T) -> T {
        self.await_server(key);
        self.evaluate_unrecorded(key, |answer| self.value_or(key, answer, default))
    }

    /// Returns whether the flag `key` is on, that is, whether its value is the bool `true`.
    ///
    /// Returns `false` for a missing flag, for a value of another type, and after an error. The client logs each error
    /// once per key and kind of error.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context, ContextSet};
    ///
    /// let client = Client::in_memory().value("new-checkout", true).build()?;
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// assert!(client.with(&user).enabled("new-checkout"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn enabled(&self, key: &str) -> bool {
        self.await_server(key);
        let engine = &self.inner.engine;
        let is_on = engine.with_rules(|rules, counters| {
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
            let found = found.ok_or(SelectError::UnknownKey);
            is_true(found.and_then(|found| found.is_true(&self.contexts(&scope), &engine.host)))
        });
        is_on.unwrap_or_else(|| self.enabled_computed(key))
    }

    /// Evaluates [`enabled`](Self::enabled) for a value that is not precomputed, including one that cannot be computed.
    #[cold]
    fn enabled_computed(&self, key: &str) -> bool {
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => matches!(answer.value, EvaluatedValue::Bool(true)),
            Err(error) if error.is_missing_value() => false,
            Err(error) => {
                self.warn(&self.error(key, error));
                false
            }
        })
    }

    /// Returns whether the flag `key` is on, or an error if that cannot be determined.
    ///
    /// Returns `Ok(false)` for a missing flag and for a value of another type.
    ///
    /// # Errors
    ///
    /// - [`Error::Evaluation`] if the value cannot be computed
    /// - [`Error::InitializationTimeout`] if the server has not responded within the initialization timeout
    /// - [`Error::Unauthorized`] if the server rejected the API key
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("new-checkout", true).build()?;
    /// assert!(client.view().try_enabled("new-checkout")?);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn try_enabled(&self, key: &str) -> Result<bool, Error> {
        self.inner.engine.gate.wait_ready(key)?;
        self.evaluate_now(key, |answer| match answer {
            Ok(answer) => Ok(matches!(answer.value, EvaluatedValue::Bool(true))),
            Err(error) if error.is_missing_value() => Ok(false),
            Err(error) => Err(self.error(key, error)),
        })
    }

    /// Returns the value of the config `key` with its reason, variant, source and match.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// assert_eq!(client.view().details("max-jobs").display, "30");
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn details(&self, key: &str) -> EvaluationDetails {
        self.await_server(key);
        let provenance = self.inner.engine.rules().entry(key).map(|entry| Arc::clone(entry.provenance()));
        self.evaluate_now(key, |answer| {
            EvaluationDetails::new(key, answer, provenance.as_deref(), |error| self.error(key, error))
        })
    }

    /// Explains the value of the config `key`: lists every rule that was evaluated, and its result.
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

    /// Returns the level of a logger, for example `my_app::db` or `my_app.db`.
    ///
    /// Returns [`LogLevel::Warn`] if no config sets a level for the logger or one of its parents.
    pub fn log_level(&self, path: &str) -> LogLevel {
        let engine = &self.inner.engine;
        let level = engine.with_rules(|rules, _| {
            let scope = InnermostScope::take();
            rules.log_level(path, &self.contexts(&scope), &engine.host)
        });
        level.unwrap_or(LogLevel::Warn)
    }

    /// Evaluates the config `key` and passes the result to `read`, which borrows the value instead of copying it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("greeting", "hello").build()?;
    /// let length = client.view().evaluate("greeting", |evaluation| {
    ///     evaluation.map_or(0, |evaluation| evaluation.variant().len())
    /// });
    /// assert_eq!(length, 5);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn evaluate<R>(&self, key: &str, read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R) -> R {
        self.await_server(key);
        self.evaluate_now(key, read)
    }

    /// Waits for the first response from the server. After a timeout or a rejected API key, the call continues with
    /// the local configs.
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
            tracing::warn!(target: LOG, %error, "server not ready; evaluating local configs");
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

    fn error(&self, key: &str, error: &EvalError) -> Error {
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
    fn warn(&self, error: &Error) {
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
