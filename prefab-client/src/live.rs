//! Live handles, which always return the current value and are cheap to read.

use std::{
    convert::identity,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use prefab_core::LogLevel;
use prefab_eval::{Contexts, Host, Ruleset};
use serde::de::DeserializeOwned;

use crate::{FromValue, Json, log_target::LOG, typed};

/// A handle to the current value of one config key; created by [`Client::live`](crate::Client::live).
///
/// The client evaluates the value after each change, with its global context. Reading a number or a bool is one atomic
/// load. If a new value is missing or has the wrong type, a handle with a default returns the default. A handle without
/// a default keeps the last valid value.
///
/// # Examples
///
/// ```
/// use prefab_client::Client;
///
/// let client = Client::in_memory().value("max-jobs", 30).build()?;
/// let max_jobs = client.live::<i64>("max-jobs")?;
/// assert_eq!(max_jobs.get(), 30);
/// let _override = client.override_value("max-jobs", 50);
/// assert_eq!(max_jobs.get(), 50);
/// # Ok::<(), prefab_client::Error>(())
/// ```
pub struct Live<T: LiveValue> {
    cell: Arc<LiveCell<T>>,
}

impl<T: LiveValue> Live<T> {
    /// Returns the current value.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("greeting", "hello").build()?;
    /// let greeting = client.live::<String>("greeting")?;
    /// assert_eq!(greeting.get(), "hello");
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[inline]
    pub fn get(&self) -> T {
        self.cell.store.load()
    }

    pub(crate) fn new(key: &str, value: T, default: Option<T>) -> (Self, Arc<LiveCell<T>>) {
        let cell = Arc::new(LiveCell {
            key: key.to_owned(),
            store: T::Store::new(value),
            default,
            logged_problem: Mutex::default(),
        });
        (Self { cell: Arc::clone(&cell) }, cell)
    }
}

impl<T: LiveValue> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { cell: Arc::clone(&self.cell) }
    }
}

/// Shows only the key: the value may be confidential, and debug output often ends up in logs.
impl<T: LiveValue> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("key", &self.cell.key).finish_non_exhaustive()
    }
}

/// A type that a [`Live`] handle can return: numbers, bools, log levels, durations, strings, lists of strings,
/// `serde_json::Value`, and [`Json<T>`](Json) if `T` is `Clone`.
///
/// Numbers, bools, log levels and durations are stored in one atomic 64-bit word, all other types behind a pointer.
/// Programs do not need to implement this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a live handle",
    note = "for a type of your own use `Json<{Self}>`, where `{Self}` is `Deserialize`, `Clone`, `Send` and `Sync`"
)]
pub trait LiveValue: FromValue + Clone + Send + Sync + 'static {
    /// The storage of the current value.
    type Store: LiveStore<Self>;
}

/// Storage for the current value, readable without a lock.
pub trait LiveStore<T>: Send + Sync + 'static {
    /// Creates storage with this value.
    fn new(value: T) -> Self;
    /// Returns the value.
    fn load(&self) -> T;
    /// Replaces the value.
    fn store(&self, value: T);
}

/// Storage for a small value in one atomic 64-bit word.
#[derive(Debug)]
pub struct AtomicStore(AtomicU64);

/// Storage for a value of any size, behind a pointer.
#[derive(Debug)]
pub struct ArcStore<T>(ArcSwap<T>);

impl<T: Clone + Send + Sync + 'static> LiveStore<T> for ArcStore<T> {
    fn new(value: T) -> Self {
        Self(ArcSwap::from_pointee(value))
    }

    fn load(&self) -> T {
        T::clone(&self.0.load())
    }

    fn store(&self, value: T) {
        self.0.store(Arc::new(value));
    }
}

macro_rules! stored_atomically {
    ($($type:ty, $to:expr, $from:expr;)*) => {$(
        impl LiveStore<$type> for AtomicStore {
            fn new(value: $type) -> Self {
                Self(AtomicU64::new($to(value)))
            }

            #[inline]
            fn load(&self) -> $type {
                $from(self.0.load(Ordering::Relaxed))
            }

            fn store(&self, value: $type) {
                self.0.store($to(value), Ordering::Relaxed);
            }
        }

        impl LiveValue for $type {
            type Store = AtomicStore;
        }
    )*};
}
stored_atomically! {
    i64, i64::cast_unsigned, u64::cast_signed;
    u64, identity, identity;
    f64, f64::to_bits, f64::from_bits;
    bool, u64::from, |word| word != 0;
    LogLevel, level_to_word, word_to_level;
    // A u64 of nanoseconds reaches 584 years; a longer duration is shortened to that.
    Duration, |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Duration::from_nanos;
}

/// Narrower integers are stored as the widest of their kind.
macro_rules! narrow_stored_atomically {
    ($($wide:ty: $($type:ty)*;)*) => {$($(
        impl LiveStore<$type> for AtomicStore {
            fn new(value: $type) -> Self {
                <Self as LiveStore<$wide>>::new(widen(value))
            }

            #[inline]
            fn load(&self) -> $type {
                <$type>::try_from(LiveStore::<$wide>::load(self)).unwrap_or_default()
            }

            fn store(&self, value: $type) {
                LiveStore::<$wide>::store(self, widen(value));
            }
        }

        impl LiveValue for $type {
            type Store = AtomicStore;
        }
    )*)*};
}
narrow_stored_atomically! { i64: i8 i16 i32; u64: u8 u16 u32 usize; }

/// Widens an integer. Lossless: no platform has a `usize` of more than 64 bits.
fn widen<N: TryInto<W>, W: Default>(narrow: N) -> W {
    narrow.try_into().unwrap_or_default()
}

fn level_to_word(level: LogLevel) -> u64 {
    LogLevel::ALL.iter().zip(0..).find(|(known, _)| **known == level).map_or(0, |(_, at)| at)
}

fn word_to_level(word: u64) -> LogLevel {
    usize::try_from(word).ok().and_then(|at| LogLevel::ALL.get(at).copied()).unwrap_or_default()
}

macro_rules! stored_behind_arc {
    ($($type:ty)*) => {$(
        impl LiveValue for $type {
            type Store = ArcStore<Self>;
        }
    )*};
}
stored_behind_arc! { String Vec<String> serde_json::Value }

/// The JSON is deserialized when it changes; each [`get`](Live::get) clones the result.
impl<T: DeserializeOwned + Clone + Send + Sync + 'static> LiveValue for Json<T> {
    type Store = ArcStore<Self>;
}

/// The client's side of a live handle.
pub(crate) struct LiveCell<T: LiveValue> {
    key: String,
    store: T::Store,
    default: Option<T>,
    /// The problem that was logged last, if it is still open.
    logged_problem: Mutex<Option<String>>,
}

/// A handle that the client refreshes after each change.
pub(crate) trait Refresh: Send + Sync {
    /// Returns the config keys.
    #[cfg(feature = "telemetry")]
    fn keys(&self) -> Vec<String>;

    fn refresh(&self, rules: &Ruleset, contexts: &Contexts<'_>, host: &dyn Host);
}

impl<T: LiveValue> Refresh for LiveCell<T> {
    #[cfg(feature = "telemetry")]
    fn keys(&self) -> Vec<String> {
        vec![self.key.clone()]
    }

    fn refresh(&self, rules: &Ruleset, contexts: &Contexts<'_>, host: &dyn Host) {
        let (problem, is_none) = match rules.evaluate(&self.key, contexts, host) {
            Ok(answer) => match typed::read(&answer) {
                Ok(value) => {
                    self.store.store(value);
                    self.record_problem(None);
                    return;
                }
                Err(mismatch) => {
                    (format!("expected {}, found {}", T::EXPECTED, mismatch.shown(&answer)), false)
                }
            },
            Err(error) => (error.to_string(), error.is_missing_value()),
        };
        let key = self.key.as_str();
        match &self.default {
            Some(default) => {
                self.store.store(default.clone());
                // A missing value is expected: that is what the default is for.
                let problem = if is_none { None } else { Some(problem.as_str()) };
                if self.record_problem(problem) && problem.is_some() {
                    tracing::warn!(target: LOG, key, problem, "live handle has no valid value; using its default");
                }
            }
            None if self.record_problem(Some(&problem)) => {
                tracing::warn!(target: LOG, key, problem, "live handle has no valid value; keeping the previous one");
            }
            None => {}
        }
    }
}

impl<T: LiveValue> LiveCell<T> {
    /// Records the current problem. Returns whether it differs from the previous one.
    ///
    /// The client refreshes a handle after a change of any key, so the same problem can occur many times.
    fn record_problem(&self, problem: Option<&str>) -> bool {
        let mut logged_problem = self.logged_problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = logged_problem.as_deref() != problem;
        if is_new {
            *logged_problem = problem.map(ToOwned::to_owned);
        }
        is_new
    }
}
