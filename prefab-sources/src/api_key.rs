//! The API key of a client.

use std::{fmt, sync::Arc};

/// The API key that a client sends with every request.
///
/// `Debug` prints only its id: the part before the first `-`.
///
/// # Examples
///
/// ```
/// use prefab_sources::ApiKey;
///
/// let key = ApiKey::new(" 123-Development-P202-E308-SDK-abcdef\n");
/// assert_eq!(key.id(), "123");
/// assert_eq!(format!("{key:?}"), "ApiKey(123-*****)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Arc<str>);

impl ApiKey {
    /// Returns the API key, without surrounding whitespace.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// Returns the part before the first `-`, which is not secret.
    ///
    /// # Examples
    ///
    /// ```
    /// let key = prefab_sources::ApiKey::new("123-Development-P202-E308-SDK-abcdef");
    /// assert_eq!(key.id(), "123");
    /// ```
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
