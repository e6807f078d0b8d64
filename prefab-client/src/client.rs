//! The facade.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prefab_core::{Config, ConfigValue, ContextSet, Entry, Layer, Provenance};
use prefab_eval::Ruleset;

use crate::{
    Change, Error, Live, LiveValue, OnNoDefault, OverrideGuard, Subscription, View, config_table,
    engine::Engine, live::Refresh, no_context::NO_CONTEXTS, shared::Inner, worker::Worker,
};

/// Answers for configs, feature flags and log levels, from memory.
///
/// Clones share everything and cost one reference count. The last one to go stops the client's thread.
///
/// A process that was forked off has the values of that moment and no thread that would keep them current: it is to
/// build a client of its own.
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

    /// Returns a view that answers for the contexts of one call.
    ///
    /// ```
    /// # use prefab_client::{Client, Context, ContextSet};
    /// # let client = Client::in_memory().build()?;
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1").with("plan", "pro"));
    /// let on = client.with(&user).enabled("new-checkout");
    /// # assert!(!on);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn with<'a>(&'a self, contexts: &'a ContextSet) -> View<'a> {
        View { inner: &self.inner, call: contexts, bound: &NO_CONTEXTS }
    }

    /// Returns a view without contexts of its own, which answers for those of the scope and the program.
    #[inline]
    pub fn view(&self) -> View<'_> {
        self.with(&NO_CONTEXTS)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Returns a handle on the value of `key` that stays current.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), for the value it has now.
    pub fn live<T: LiveValue>(&self, key: &str) -> Result<Live<T>, Error> {
        let value = self.global_view(|view| view.get_unrecorded(key))?;
        Ok(self.add_live(Live::new(key, value, None)))
    }

    /// Returns a handle on the value of `key` that stays current, and shows `default` while there is none.
    pub fn live_or<T: LiveValue>(&self, key: &str, default: T) -> Live<T> {
        let value = self.global_view(|view| view.get_or_unrecorded(key, default.clone()));
        self.add_live(Live::new(key, value, Some(default)))
    }

    fn add_live<T: LiveValue>(&self, (live, cell): (Live<T>, Arc<crate::live::LiveCell<T>>)) -> Live<T> {
        let cell: Arc<dyn Refresh> = cell;
        self.inner.engine.add_live(Arc::downgrade(&cell));
        live
    }

    /// Live handles are everybody's: no scope takes part.
    fn global_view<R>(&self, read: impl FnOnce(View<'_>) -> R) -> R {
        let _outside = crate::scope::enter(ContextSet::new());
        read(self.view())
    }

    /// Calls `listener` after each change, with the keys that changed, on the thread that brought it.
    ///
    /// The listener may ask the client anything. It is called until the subscription is dropped. One that panics is
    /// logged, and called again at the next change.
    #[must_use = "the listener is forgotten when the subscription is dropped"]
    pub fn on_change(&self, listener: impl Fn(&Change) + Send + Sync + 'static) -> Subscription {
        self.inner.engine.listeners.add(listener)
    }

    /// Sets the value of `key` above every other layer, until what is returned is dropped. Everybody who has a clone
    /// of the client gets it.
    pub fn override_value(&self, key: &str, value: impl Into<ConfigValue>) -> OverrideGuard {
        self.override_config(Config::constant(key, value))
    }

    /// Sets a config, with rules and all, above every other layer, until what is returned is dropped.
    pub fn override_config(&self, config: Config) -> OverrideGuard {
        let key = config.key.clone();
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "program override"));
        OverrideGuard::new(&self.inner.engine, &key, Entry::new(config, provenance))
    }

    /// Lists the keys that have a config, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.inner.engine.rules().keys().into_iter().map(ToOwned::to_owned).collect()
    }

    /// Lists what is wrong with sources and configs, in words: files that do not parse, keys that were
    /// left out, segments that lead nowhere. Empty when all is well.
    pub fn problems(&self) -> Vec<String> {
        self.inner.engine.problems()
    }

    /// Returns the compiled configs as they are now.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.inner.engine.rules())
    }

    /// Returns the start-up table: key, value, type, match and source of everything, without contexts.
    ///
    /// Confidential values are redacted. It is logged at debug when the client is built.
    pub fn config_table(&self) -> String {
        config_table::render(&self.inner.engine)
    }

    /// Tells whether the flag `key` is on, in the oldest form: for a lookup key and attributes.
    ///
    /// Both become properties of the unnamed context, the key as `LOOKUP`; see
    /// [`ContextSet::from_lookup_key`].
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

    /// Waits for the server's first word, and keeps no thread meanwhile; does not wait without a server.
    ///
    /// # Errors
    ///
    /// [`Error::InitializationTimeout`] and [`Error::Unauthorized`], unless the client is to
    /// [go on](crate::OnInitFailure::Return) with what there is.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.engine.gate.wait_ready_async().await
    }

    /// Stops keeping the client current and waits until that is done. Values stay and can be read.
    ///
    /// What has not been reported to the server yet is reported now, for at most two seconds. Async code, which must
    /// not wait like that, uses [`close_async`](Self::close_async).
    pub fn close(&self) {
        if let Some(worker) = self.take_worker() {
            worker.stop();
        }
    }

    /// Does what [`close`](Self::close) does, and keeps no thread meanwhile.
    pub async fn close_async(&self) {
        if let Some(worker) = self.take_worker() {
            worker.stop_async().await;
        }
    }

    fn take_worker(&self) -> Option<Worker> {
        self.inner.worker.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("configs", &self.inner.engine.rules().len()).finish_non_exhaustive()
    }
}

crate::reader::reader_methods!(Client);
