//! Config structs: structs whose fields are configs, with handles that stay current.
//!
//! A struct derives [`Config`](derive@crate::Config), and [`Client::live_config`] returns a handle that contains its
//! current values.
//!
//! # Examples
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! use std::time::Duration;
//! use prefab_client::{Client, Config};
//!
//! #[derive(Config)]
//! #[config(prefix = "http.client")]
//! struct Http {
//!     timeout: Duration,
//!     #[config(default = 3)]
//!     retries: u32,
//! }
//!
//! let client = Client::in_memory().value("http.client.timeout", Duration::from_secs(30)).build()?;
//! let http = client.live_config::<Http>()?;
//! assert_eq!((http.load().timeout, http.load().retries), (Duration::from_secs(30), 3));
//!
//! let _override = client.override_value("http.client.retries", 5);
//! assert_eq!(http.load().retries, 5);
//! # }
//! # Ok::<(), prefab_client::Error>(())
//! ```

mod reader;

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use prefab_eval::{Contexts, Host, Ruleset};

pub use self::reader::FieldReader;
use crate::{Client, Error, live::Refresh, log_target::LOG};

/// A struct whose fields are configs. Implement it with [`#[derive(Config)]`](derive@crate::Config).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a config struct",
    note = "add `#[derive(prefab_client::Config)]` to it"
)]
pub trait ConfigStruct: Sized {
    /// Returns the config keys of all fields.
    fn keys() -> Vec<&'static str>;

    /// Reads all fields. Returns `None` if a field has no valid value; the reader contains the errors.
    fn read(fields: &mut FieldReader<'_>) -> Option<Self>;
}

/// A handle to the current values of a config struct; created by [`Client::live_config`].
///
/// The client reads the struct after each change, with its global context. If a new value is missing or invalid, the
/// handle keeps all previous values, and the client logs a warning.
///
/// Cloning the handle is cheap. All clones have the same values.
pub struct LiveConfig<T> {
    cell: Arc<StructCell<T>>,
}

impl<T> LiveConfig<T> {
    /// Returns the current values. All of them are from the same state of the configs.
    ///
    /// This is one atomic load. Do not keep the result for long; call `load` again to get newer values. To keep the
    /// values, for example for a request, use [`get`](Self::get).
    #[inline]
    pub fn load(&self) -> impl Deref<Target = T> + use<T> {
        Loaded(self.cell.current.load())
    }

    /// Returns the current values as an `Arc`.
    pub fn get(&self) -> Arc<T> {
        self.cell.current.load_full()
    }
}

impl<T> Clone for LiveConfig<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

/// Shows no values, because they may be confidential.
impl<T> fmt::Debug for LiveConfig<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveConfig").finish_non_exhaustive()
    }
}

struct Loaded<T>(arc_swap::Guard<Arc<T>>);

impl<T> Deref for Loaded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The client's side of a [`LiveConfig`].
struct StructCell<T> {
    current: ArcSwap<T>,
    /// The problem that was logged last, if it is still open.
    logged_problem: Mutex<Option<String>>,
}

impl<T: ConfigStruct + Send + Sync + 'static> Refresh for StructCell<T> {
    #[cfg(feature = "telemetry")]
    fn keys(&self) -> Vec<String> {
        T::keys().into_iter().map(ToOwned::to_owned).collect()
    }

    fn refresh(&self, rules: &Ruleset, contexts: &Contexts<'_>, host: &dyn Host) {
        let problem = match FieldReader::new(rules, contexts, host).read::<T>() {
            Ok(value) => {
                self.current.store(Arc::new(value));
                None
            }
            Err(error) => Some(error.to_string()),
        };
        let mut logged = self.logged_problem.lock().unwrap_or_else(PoisonError::into_inner);
        if *logged != problem {
            if let Some(problem) = &problem {
                tracing::warn!(target: LOG, problem, "config struct has no valid values; keeping the previous ones");
            }
            *logged = problem;
        }
    }
}

impl Client {
    /// Returns a handle to the current values of a config struct.
    ///
    /// Like all live handles, it uses only the [global context](crate::ClientBuilder::global_context).
    ///
    /// # Errors
    ///
    /// - [`Error::Fields`] with one error for each field that has no valid value
    /// - [`Error::InitializationTimeout`] and [`Error::Unauthorized`] before the first response from the server
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "derive")] {
    /// use prefab_client::{Client, Config, Error};
    ///
    /// #[derive(Config)]
    /// #[config(prefix = "worker")]
    /// struct Worker {
    ///     jobs: u16,
    ///     queue: String,
    /// }
    ///
    /// let client = Client::in_memory().value("worker.jobs", -1).build()?;
    /// let Err(Error::Fields(errors)) = client.live_config::<Worker>() else { panic!("no error") };
    /// assert_eq!(errors.len(), 2);
    /// assert_eq!(Worker::keys(), ["worker.jobs", "worker.queue"]);
    /// # }
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn live_config<T: ConfigStruct + Send + Sync + 'static>(&self) -> Result<LiveConfig<T>, Error> {
        let engine = &self.inner().engine;
        engine.gate.wait_ready(T::keys().first().copied().unwrap_or_default())?;
        let value = engine.with_rules(|rules, _| {
            FieldReader::new(rules, &engine.global_contexts(), &engine.host).read::<T>()
        })?;
        let cell =
            Arc::new(StructCell { current: ArcSwap::from_pointee(value), logged_problem: Mutex::default() });
        let weak: std::sync::Weak<StructCell<T>> = Arc::downgrade(&cell);
        engine.add_live(weak);
        Ok(LiveConfig { cell })
    }
}
