//! A client with the contexts of one call.

mod evaluate;

use std::sync::Arc;

use prefab_core::{ContextSet, LogLevel};
use prefab_eval::{EvalError, Evaluation};

#[cfg(feature = "telemetry")]
pub(crate) use self::evaluate::is_true;
use crate::{Error, EvaluationDetails, FromValue, OnNoDefault, scope::InnermostScope, shared::Inner};

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
        self.get_by(key)
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
        self.get_or_by(key, default)
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
        self.enabled_by(key)
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
        self.try_enabled_by(key)
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
}
