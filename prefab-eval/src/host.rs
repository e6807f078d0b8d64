//! What the engine may ask of the world.

use std::collections::HashMap;

/// The clock, the environment and chance, as the engine sees them.
///
/// The engine holds none of them itself, so the same inputs give the same answer on every machine.
pub trait Host {
    /// Returns the current time in milliseconds since 1970-01-01T00:00:00Z.
    fn now_millis(&self) -> i64;

    /// Returns an environment variable. One that is set to nothing is set.
    fn env_var(&self, name: &str) -> Option<String>;

    /// Returns a number evenly spread in `[0, 1)`, for percentages without a property to hash.
    fn random(&self) -> f64;
}

/// A host whose every answer is given beforehand: for tests, and for servers that answer as of a moment.
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
    /// Sets the time, in milliseconds since 1970.
    #[must_use]
    pub fn with_now_millis(mut self, now_millis: i64) -> Self {
        self.now_millis = now_millis;
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_env_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env_vars.insert(name.into(), value.into());
        self
    }

    /// Sets what chance gives, in `[0, 1)`.
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
