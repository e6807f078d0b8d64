//! Prepared handles: a flag or a config that is found once and evaluated often.

use std::marker::PhantomData;

use prefab_core::ContextSet;
use prefab_eval::{EvalError, Evaluation, PreparedKey};

use crate::{Client, Error, FromValue, View};

/// A flag that is found once and evaluated often; created by [`Client::flag`].
///
/// It returns the same results as [`Client::enabled`], but does not search for the key in each call. It stays valid if
/// the flag is created, changed, archived or restored. Cloning it is cheap.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Context, ContextSet};
///
/// let client = Client::in_memory().value("new-checkout", true).build()?;
/// let new_checkout = client.flag("new-checkout");
///
/// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
/// assert!(new_checkout.enabled_for(&user));
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Flag {
    client: Client,
    key: PreparedKey,
}

impl Flag {
    /// Returns the config key.
    pub fn key(&self) -> &str {
        self.key.as_str()
    }

    /// Returns whether the flag is on, with the contexts of the current [scope](crate::scope) and the global context;
    /// see [`Client::enabled`].
    pub fn enabled(&self) -> bool {
        self.client.view().enabled_by(&self.key)
    }

    /// Returns whether the flag is on for `contexts`, in addition to the contexts of the current
    /// [scope](crate::scope) and the global context.
    pub fn enabled_for(&self, contexts: &ContextSet) -> bool {
        self.client.with(contexts).enabled_by(&self.key)
    }

    /// Returns whether the flag is on in a view, for example one of a [`BoundClient`](crate::BoundClient).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context};
    ///
    /// let client = Client::in_memory().value("new-checkout", true).build()?;
    /// let new_checkout = client.flag("new-checkout");
    /// let for_ada = client.with_context(Context::new("user").with("key", "ada"));
    /// assert!(new_checkout.enabled_in(&for_ada.view()));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn enabled_in(&self, view: &View<'_>) -> bool {
        view.enabled_by(&self.key)
    }

    /// Returns whether the flag is on for `contexts`, or why that cannot be determined; see [`Client::try_enabled`].
    ///
    /// # Errors
    ///
    /// The same as for [`Client::try_enabled`].
    pub fn try_enabled_for(&self, contexts: &ContextSet) -> Result<bool, Error> {
        self.client.with(contexts).try_enabled_by(&self.key)
    }
}

/// A config with values of type `T` that is found once and evaluated often; created by [`Client::config`].
///
/// It returns the same results as [`Client::get`], but does not search for the key in each call. It stays valid if the
/// config is created, changed, archived or restored, and if its type changes. Cloning it is cheap.
///
/// Unlike a [`Live`](crate::Live) handle, it evaluates the rules in each call, with the contexts of the call.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Context, ContextSet};
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// let max_jobs = client.config::<i64>("max-jobs");
///
/// let user = ContextSet::from(Context::new("user").with("plan", "pro"));
/// assert_eq!(max_jobs.get_for(&user)?, 30);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Debug)]
pub struct ConfigHandle<T> {
    client: Client,
    key: PreparedKey,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for ConfigHandle<T> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), key: self.key.clone(), value: PhantomData }
    }
}

impl<T: FromValue> ConfigHandle<T> {
    /// Returns the config key.
    pub fn key(&self) -> &str {
        self.key.as_str()
    }

    /// Returns the value, with the contexts of the current [scope](crate::scope) and the global context; see
    /// [`Client::get`].
    ///
    /// # Errors
    ///
    /// The same as for [`Client::get`].
    #[inline]
    pub fn get(&self) -> Result<T, Error> {
        self.client.view().get_by(&self.key)
    }

    /// Returns the value for `contexts`, in addition to the contexts of the current [scope](crate::scope) and the global
    /// context.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::get`].
    #[inline]
    pub fn get_for(&self, contexts: &ContextSet) -> Result<T, Error> {
        self.client.with(contexts).get_by(&self.key)
    }

    /// Returns the value in a view, for example one of a [`BoundClient`](crate::BoundClient).
    ///
    /// # Errors
    ///
    /// The same as for [`Client::get`].
    #[inline]
    pub fn get_in(&self, view: &View<'_>) -> Result<T, Error> {
        view.get_by(&self.key)
    }

    /// Returns the value, or `default` if there is no value of this type; see [`Client::get_or`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// let pause_seconds = client.config::<f64>("pause-seconds");
    /// assert_eq!(pause_seconds.get_or(1.5), 1.5);
    /// let _override = client.override_value("pause-seconds", 0.5);
    /// assert_eq!(pause_seconds.get_or(1.5), 0.5);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn get_or(&self, default: T) -> T {
        self.client.view().get_or_by(&self.key, default)
    }

    /// Evaluates the config for `contexts` and passes the result to `read`, which borrows the value instead of copying
    /// it; see [`View::evaluate`].
    #[inline]
    pub fn evaluate_for<R>(
        &self,
        contexts: &ContextSet,
        read: impl FnOnce(Result<&Evaluation<'_>, &EvalError>) -> R,
    ) -> R {
        self.client.with(contexts).evaluate_by(&self.key, read)
    }

    /// Returns the value for `contexts`, or `default` if there is no value of this type.
    #[inline]
    pub fn get_or_for(&self, contexts: &ContextSet, default: T) -> T {
        self.client.with(contexts).get_or_by(&self.key, default)
    }
}

impl Client {
    /// Prepares a flag. Each evaluation of the returned handle skips the search for the key.
    ///
    /// The flag need not exist yet; until it does, it is off.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// let new_checkout = client.flag("new-checkout");
    /// assert!(!new_checkout.enabled());
    /// let _override = client.override_value("new-checkout", true);
    /// assert!(new_checkout.enabled());
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn flag(&self, key: &str) -> Flag {
        Flag { client: self.clone(), key: PreparedKey::new(key) }
    }

    /// Prepares a config with values of type `T`. Each evaluation of the returned handle skips the search for the key.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let max_jobs = client.config::<i64>("max-jobs");
    /// assert_eq!(max_jobs.get()?, 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn config<T: FromValue>(&self, key: &str) -> ConfigHandle<T> {
        ConfigHandle { client: self.clone(), key: PreparedKey::new(key), value: PhantomData }
    }
}
