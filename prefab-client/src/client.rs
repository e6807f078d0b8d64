//! The client, which evaluates configs in memory.

mod lifecycle;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use prefab_core::{Config, ConfigValue, ContextSet, Entry, Layer, Provenance};
use prefab_eval::Ruleset;

use crate::{
    Change, ClientState, Error, Live, LiveValue, OnNoDefault, OverrideGuard, Subscription, View,
    config_table, engine::Engine, live::Refresh, no_context::NO_CONTEXTS, shared::Inner, worker::Worker,
};

/// Evaluates configs, feature flags and log levels in memory.
///
/// All clones share the same configs and the same background thread, so cloning is cheap. When the last clone is
/// dropped, the thread stops.
///
/// After a `fork`, the client in the child process keeps the values it had at the time of the fork and receives no
/// updates. Build a new client in the child process.
///
/// # Examples
///
/// ```
/// use prefab_client::Client;
///
/// let client = Client::in_memory().value("max-jobs", 30).value("new-checkout", true).build()?;
/// assert_eq!(client.get::<i64>("max-jobs")?, 30);
/// assert!(client.enabled("new-checkout"));
///
/// let error = client.get::<i64>("max-jbos").unwrap_err();
/// assert_eq!(error.to_string(), "config `max-jbos`: no value and no default; did you mean `max-jobs`?");
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    pub(crate) fn new(engine: Arc<Engine>, on_no_default: OnNoDefault, worker: Option<Worker>) -> Self {
        config_table::log(&engine);
        let inner = Inner { engine, on_no_default, reported: Mutex::default(), worker: Mutex::new(worker) };
        Self { inner: Arc::new(inner) }
    }

    /// Returns a view that evaluates with `contexts`, in addition to the contexts of the current [scope](crate::scope)
    /// and the global context.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context, ContextSet};
    ///
    /// # let client = Client::in_memory().value("new-checkout", true).build()?;
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1").with("plan", "pro"));
    /// assert!(client.with(&user).enabled("new-checkout"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn with<'a>(&'a self, contexts: &'a ContextSet) -> View<'a> {
        View { inner: &self.inner, call: contexts, bound: &NO_CONTEXTS }
    }

    /// Returns a view that evaluates with only the contexts of the current [scope](crate::scope) and the global
    /// context.
    #[inline]
    pub fn view(&self) -> View<'_> {
        self.with(&NO_CONTEXTS)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Returns a handle that always returns the current value of `key`.
    ///
    /// Live handles use only the [global context](crate::ClientBuilder::global_context). They ignore scopes.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get), if the value cannot be read when the handle is created.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let max_jobs = client.live::<i64>("max-jobs")?;
    /// assert_eq!(max_jobs.get(), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn live<T: LiveValue>(&self, key: &str) -> Result<Live<T>, Error> {
        let value = self.global_view(|view| view.get_unrecorded(key))?;
        Ok(self.add_live(Live::new(key, value, None)))
    }

    /// Returns a handle that always returns the current value of `key`, or `default` while `key` has no value of type
    /// `T`.
    ///
    /// Like all live handles, it uses only the global context.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// let max_jobs = client.live_or("max-jobs", 10);
    /// assert_eq!(max_jobs.get(), 10);
    /// let _override = client.override_value("max-jobs", 50);
    /// assert_eq!(max_jobs.get(), 50);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn live_or<T: LiveValue>(&self, key: &str, default: T) -> Live<T> {
        let value = self.global_view(|view| view.get_or_unrecorded(key, default.clone()));
        self.add_live(Live::new(key, value, Some(default)))
    }

    fn add_live<T: LiveValue>(&self, (live, cell): (Live<T>, Arc<crate::live::LiveCell<T>>)) -> Live<T> {
        let cell: Arc<dyn Refresh> = cell;
        self.inner.engine.add_live(Arc::downgrade(&cell));
        live
    }

    /// Reads without the contexts of a scope, because all clones of a live handle share its value.
    fn global_view<R>(&self, read: impl FnOnce(View<'_>) -> R) -> R {
        let _outside = crate::scope::enter(ContextSet::new());
        read(self.view())
    }

    /// Calls `listener` after each change, with the keys that changed.
    ///
    /// The listener runs on the thread that applied the change, and may use the client. It is called until the returned
    /// [`Subscription`] is dropped. If the listener panics, the client logs the panic and calls it again after the next
    /// change.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let (sender, changed) = mpsc::channel();
    /// let _subscription = client.on_change(move |change| drop(sender.send(change.clone())));
    ///
    /// let _override = client.override_value("max-jobs", 50);
    /// assert!(changed.recv().unwrap().keys.contains("max-jobs"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[must_use = "dropping the subscription removes the listener"]
    pub fn on_change(&self, listener: impl Fn(&Change) + Send + Sync + 'static) -> Subscription {
        self.inner.engine.listeners.add(listener)
    }

    /// Sets a value for `key` that takes precedence over all other layers until the returned guard is dropped.
    ///
    /// All clones of the client see the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let guard = client.override_value("max-jobs", 50);
    /// assert_eq!(client.get_or("max-jobs", 0), 50);
    /// drop(guard);
    /// assert_eq!(client.get_or("max-jobs", 0), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn override_value(&self, key: &str, value: impl Into<ConfigValue>) -> OverrideGuard {
        self.override_config(Config::constant(key, value))
    }

    /// Sets a config, with its rules, that takes precedence over all other layers until the returned guard is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Config};
    ///
    /// let client = Client::in_memory().build()?;
    /// let _override = client.override_config(Config::constant("max-jobs", 50));
    /// assert_eq!(client.get_or("max-jobs", 0), 50);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn override_config(&self, config: Config) -> OverrideGuard {
        let key = config.key.clone();
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "program override"));
        OverrideGuard::new(&self.inner.engine, &key, Entry::new(config, provenance))
    }

    /// Returns the keys that have a config, sorted.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().values([("max-jobs", 30), ("max-users", 5)]).build()?;
    /// assert_eq!(client.keys(), ["max-jobs", "max-users"]);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn keys(&self) -> Vec<String> {
        self.inner.engine.rules().keys().into_iter().map(ToOwned::to_owned).collect()
    }

    /// Returns the existing config key that is most similar to `key`, for an error message.
    ///
    /// Returns `None` if `key` exists, or if no key is similar. At most 5,000 keys are compared.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// assert_eq!(client.similar_key("max-jbos").as_deref(), Some("max-jobs"));
    /// assert_eq!(client.similar_key("max-jobs"), None);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn similar_key(&self, key: &str) -> Option<String> {
        self.view().near(key)
    }

    /// Returns the open problems with sources and configs: files that do not parse, skipped keys, missing segments.
    ///
    /// A problem is listed until it is resolved.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// assert!(client.problems().is_empty());
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn problems(&self) -> Vec<String> {
        self.inner.engine.problems()
    }

    /// Adds a problem to [`problems`](Self::problems), and logs it as a warning.
    ///
    /// This is for libraries that are built on the client. `source` is the name of the library, or of its part that has the
    /// problem. The problem is listed as long as the client exists. Equal problems are listed once, and at most 1,000 problems
    /// per source.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// client.report_problem("openfeature", "the field `user` has an unsupported type");
    /// assert_eq!(client.problems(), ["openfeature: the field `user` has an unsupported type"]);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn report_problem(&self, source: &str, problem: impl Into<String>) {
        self.inner.engine.record_problem(source, problem.into());
    }

    /// Returns the client state, which shows whether the values are current.
    ///
    /// It contains the status of the connection and the time of the last contact with the server.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, ClientStatus};
    ///
    /// let client = Client::in_memory().build()?;
    /// match client.state().status {
    ///     ClientStatus::Stale { since } => println!("no contact with the server since {since:?}"),
    ///     status => println!("{status:?}"),
    /// }
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn state(&self) -> ClientState {
        self.inner.engine.state.current()
    }

    /// Calls `listener` when the [status](ClientState::status) of the client changes.
    ///
    /// The listener runs on the client's thread, or on the thread that closes the client. The listener may use the
    /// client. It is called until the returned [`Subscription`] is dropped. If the status changes several times in
    /// quick succession, the listener may receive only the latest status.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use prefab_client::{Client, ClientStatus};
    ///
    /// let client = Client::in_memory().build()?;
    /// let (sender, changed) = mpsc::channel();
    /// let _subscription = client.on_state_change(move |state| drop(sender.send(state.status)));
    /// client.close();
    /// assert_eq!(changed.recv().unwrap(), ClientStatus::Closed);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[must_use = "dropping the subscription removes the listener"]
    pub fn on_state_change(&self, listener: impl Fn(&ClientState) + Send + Sync + 'static) -> Subscription {
        self.inner.engine.state.listeners.add(listener)
    }

    /// Returns the current ruleset, that is, the compiled configs.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.inner.engine.rules())
    }

    /// Returns a table of all configs, evaluated with the global context.
    ///
    /// The columns are key, value, type, [match](crate::EvaluationDetails::matched) and source. Confidential values are
    /// redacted. When a client is built, it logs this table at level debug.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// assert!(client.config_table().starts_with("max-jobs "));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn config_table(&self) -> String {
        config_table::render(&self.inner.engine)
    }

    /// Returns whether the flag `key` is on for a lookup key and attributes.
    ///
    /// This is the oldest form of flag evaluation. New code should pass named contexts to [`with`](Self::with) instead.
    ///
    /// The lookup key becomes the property `LOOKUP` of the unnamed context. The attributes become its other properties.
    /// See [`ContextSet::from_lookup_key`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("new-checkout", true).build()?;
    /// assert!(client.feature_is_on_for("new-checkout", Some("u-1"), [("plan", "pro")]));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn feature_is_on_for<K, V>(
        &self,
        key: &str,
        lookup_key: Option<&str>,
        attributes: impl IntoIterator<Item = (K, V)>,
    ) -> bool
    where
        K: Into<std::borrow::Cow<'static, str>>,
        V: Into<prefab_core::ContextValue>,
    {
        self.with(&ContextSet::from_lookup_key(lookup_key, attributes)).enabled(key)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("configs", &self.inner.engine.rules().len()).finish_non_exhaustive()
    }
}

crate::reader::reader_methods!(
    Client,
    "# let client = prefab_client::Client::in_memory().value(\"max-jobs\", 30).value(\"new-checkout\", true).build()?;"
);
