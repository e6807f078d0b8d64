//! What is wrong with a config.

use std::fmt;

/// Something in a config that cannot work as written; everything else of the ruleset stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The config's key.
    pub key: String,
    /// The place within it.
    pub place: String,
    /// What is wrong.
    pub cause: String,
}

impl Finding {
    pub(crate) fn new(key: &str, place: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { key: key.to_owned(), place: place.into(), cause: cause.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "config `{}`: `{}`: {}", self.key, self.place, self.cause)
    }
}
