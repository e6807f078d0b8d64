//! The facade.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use prefab_core::{Config, ConfigValue, ContextSet, Entry, Layer, Provenance};
use prefab_eval::Ruleset;

use crate::{
    BoundClient, Change, ClientBuilder, Error, Live, LiveValue, OnNoDefault, Override, Subscription, View,
    engine::Engine, live::Refresh, table, view::NONE, worker::Worker,
};

/// The target of the client's own log lines.
pub(crate) const LOG: &str = "cloud.prefab.client.rust";

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

/// What clones share.
pub(crate) struct Inner {
    pub(crate) engine: Arc<Engine>,
    pub(crate) on_no_default: OnNoDefault,
    /// The errors that were logged already.
    reported: Mutex<HashSet<(String, &'static str)>>,
    worker: Mutex<Option<Worker>>,
}

/// The log of errors remembers this many, then says everything again.
const MAX_REPORTED: usize = 10_000;

impl Inner {
    pub(crate) fn is_news(&self, error: &Error) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.len() >= MAX_REPORTED {
            reported.clear();
        }
        reported.insert((error.key().unwrap_or_default().to_owned(), error.code()))
    }
}

impl Client {
    /// Returns a client as the environment describes it.
    ///
    /// Reads `PREFAB_CONFIG_CLASSPATH_DIR` (else `.`), `PREFAB_CONFIG_OVERRIDE_DIR` (else the home
    /// directory), `PREFAB_ENVS`, `PREFAB_DATAFILE` and `PREFAB_DATASOURCES`; with the feature `http` also
    /// `PREFAB_API_KEY`, without which no server is asked, `PREFAB_API_URL`, `PREFAB_STREAM_URL` and
    /// `PREFAB_CDN_URL`.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// Returns a builder that reads the files of the current and of the home directory.
    ///
    /// It knows of no environment variable, `PREFAB_API_KEY` among them: [`ClientBuilder::from_env`] does, and takes
    /// options over what they say.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns a builder that reads nothing: for tests, with values set in the program.
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// {
    ///     let _more = client.override_value("max-jobs", 50);
    ///     assert_eq!(client.get_or("max-jobs", 0), 50);
    /// }
    /// assert_eq!(client.get_or("max-jobs", 0), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn in_memory() -> ClientBuilder {
        ClientBuilder::in_memory()
    }

    pub(crate) fn new(engine: Arc<Engine>, on_no_default: OnNoDefault, worker: Option<Worker>) -> Self {
        table::log(&engine);
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
        View { inner: &self.inner, call: contexts, bound: &NONE }
    }

    /// Returns a client that carries these contexts along.
    pub fn with_context(&self, contexts: impl Into<ContextSet>) -> BoundClient {
        BoundClient::new(self.clone(), contexts.into())
    }

    /// Returns a view without contexts of its own, which answers for those of the scope and the program.
    #[inline]
    pub fn view(&self) -> View<'_> {
        self.with(&NONE)
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
    pub fn override_value(&self, key: &str, value: impl Into<ConfigValue>) -> Override {
        self.override_config(Config::constant(key, value))
    }

    /// Sets a config, with rules and all, above every other layer, until what is returned is dropped.
    pub fn override_config(&self, config: Config) -> Override {
        let key = config.key.clone();
        let provenance = Arc::new(Provenance::new(Layer::ProgramOverride, "program override"));
        Override::new(&self.inner.engine, &key, Entry::new(config, provenance))
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
    pub fn table(&self) -> String {
        table::render(&self.inner.engine)
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
        self.inner.engine.gate.ready().await
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

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}

/// Gives a type with a `view` the methods of [`View`].
macro_rules! reader_methods {
    ($type:ty) => {
        impl $type {
            /// Returns the value of `key`; see [`View::get`](crate::View::get).
            ///
            /// # Errors
            ///
            /// Where there is no value, or none of this type.
            #[inline]
            pub fn get<T: $crate::FromValue>(&self, key: &str) -> Result<T, $crate::Error> {
                self.view().get(key)
            }

            /// Returns the value of `key`, or what the option says; see [`View::find`](crate::View::find).
            ///
            /// # Errors
            ///
            /// Where the option asks for one, or the value is of another type.
            pub fn find<T: $crate::FromValue>(&self, key: &str) -> Result<Option<T>, $crate::Error> {
                self.view().find(key)
            }

            /// Returns the value of `key`, or `default`; see [`View::get_or`](crate::View::get_or).
            #[inline]
            pub fn get_or<T: $crate::FromValue>(&self, key: &str, default: T) -> T {
                self.view().get_or(key, default)
            }

            /// Tells whether the flag `key` is on; see [`View::enabled`](crate::View::enabled).
            #[inline]
            pub fn enabled(&self, key: &str) -> bool {
                self.view().enabled(key)
            }

            /// Tells whether the flag `key` is on; see [`View::try_enabled`](crate::View::try_enabled).
            ///
            /// # Errors
            ///
            /// Where the value could not be made.
            pub fn try_enabled(&self, key: &str) -> Result<bool, $crate::Error> {
                self.view().try_enabled(key)
            }

            /// Returns the value of `key` and all that is known about it.
            pub fn details(&self, key: &str) -> $crate::Details {
                self.view().details(key)
            }

            /// Says in words why `key` has its value.
            pub fn explain(&self, key: &str) -> String {
                self.view().explain(key)
            }

            /// Returns the level for a logger; see [`View::log_level`](crate::View::log_level).
            pub fn log_level(&self, path: &str) -> $crate::LogLevel {
                self.view().log_level(path)
            }
        }
    };
}
pub(crate) use reader_methods;

reader_methods!(Client);
