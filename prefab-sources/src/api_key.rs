//! The key that a client sends with every request.

use std::{fmt, sync::Arc};

/// What a client says to prove who it is.
///
/// Prints its id alone: what stands before the first `-`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Arc<str>);

impl ApiKey {
    /// Returns the key without the blanks around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// Returns what stands before the first `-`, which is no secret.
    pub fn id(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Returns the whole key.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}-*****)", self.id())
    }
}
