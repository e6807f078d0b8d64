//! The clock, the environment and the random numbers of an evaluation.

use std::collections::HashMap;

/// The clock, the environment variables and the random numbers that an evaluation uses.
///
/// The engine has no other inputs, so an evaluation with the same host gives the same value on every machine. Use
/// [`SystemHost`](crate::SystemHost) in a program and [`FixedHost`] in tests.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Host, SystemHost};
///
/// /// Reads the clock of the system, and no environment variables.
/// struct NoEnvironment;
///
/// impl Host for NoEnvironment {
///     fn now_millis(&self) -> i64 {
///         SystemHost.now_millis()
///     }
///     fn env_var(&self, _: &str) -> Option<String> {
///         None
///     }
///     fn random(&self) -> f64 {
///         SystemHost.random()
///     }
/// }
/// # assert_eq!(NoEnvironment.env_var("HOME"), None);
/// ```
pub trait Host {
    /// Returns the current time in milliseconds since 1970-01-01T00:00:00Z.
    fn now_millis(&self) -> i64;

    /// Returns the value of an environment variable, or `None` if it is not set. An empty variable is set.
    fn env_var(&self, name: &str) -> Option<String>;

    /// Returns whether an environment variable is set to bytes that are not valid UTF-8, so that
    /// [`env_var`](Self::env_var) returns `None`. By default, no variable is.
    fn is_env_var_malformed(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Returns a uniformly distributed number in `[0, 1)`, for rollouts without a property to hash.
    fn random(&self) -> f64;
}

/// A host with fixed values, for tests and for evaluations at a given time.
///
/// By default the time is 1970-01-01T00:00:00Z, no environment variable is set, and every random number is 0.
///
/// # Examples
///
/// ```
/// use prefab_eval::{FixedHost, Host};
/// let host = FixedHost::default().with_now_millis(1_700_000_000_000).with_env_var("REGION", "eu");
/// assert_eq!(host.env_var("REGION").as_deref(), Some("eu"));
/// assert_eq!(host.env_var("HOME"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FixedHost {
    now_millis: i64,
    env_vars: HashMap<String, String>,
    random: f64,
}

impl FixedHost {
    /// Sets the time, in milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{FixedHost, Host};
    /// assert_eq!(FixedHost::default().with_now_millis(1_700_000_000_000).now_millis(), 1_700_000_000_000);
    /// ```
    #[must_use]
    pub fn with_now_millis(mut self, now_millis: i64) -> Self {
        self.now_millis = now_millis;
        self
    }

    /// Sets an environment variable.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{FixedHost, Host};
    /// assert_eq!(FixedHost::default().with_env_var("REGION", "eu").env_var("REGION").as_deref(), Some("eu"));
    /// ```
    #[must_use]
    pub fn with_env_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env_vars.insert(name.into(), value.into());
        self
    }

    /// Sets the random number, in `[0, 1)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{FixedHost, Host};
    /// assert_eq!(FixedHost::default().with_random(0.25).random(), 0.25);
    /// ```
    #[must_use]
    pub fn with_random(mut self, random: f64) -> Self {
        self.random = random;
        self
    }
}

impl Host for FixedHost {
    fn now_millis(&self) -> i64 {
        self.now_millis
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.env_vars.get(name).cloned()
    }

    fn random(&self) -> f64 {
        self.random
    }
}
