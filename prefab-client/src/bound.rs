//! A client with bound contexts.

use std::sync::Arc;

use prefab_core::ContextSet;

use crate::{Client, View, no_context::NO_CONTEXTS};

/// A client that evaluates with its own contexts; created by [`Client::with_context`].
///
/// It is cheap to clone, can be moved between threads and tasks, and has the same read methods as [`Client`].
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, Context};
///
/// let client = Client::in_memory().value("new-checkout", true).build()?;
/// let for_ada = client.with_context(Context::new("user").with("key", "ada"));
/// assert!(for_ada.enabled("new-checkout"));
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BoundClient {
    client: Client,
    contexts: Arc<ContextSet>,
}

impl Client {
    /// Returns a client that evaluates with these contexts.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context};
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// let for_ada = client.with_context(Context::new("user").with("key", "ada"));
    /// assert_eq!(for_ada.get_or("max-jobs", 0), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn with_context(&self, contexts: impl Into<ContextSet>) -> BoundClient {
        BoundClient::new(self.clone(), contexts.into())
    }
}

impl BoundClient {
    pub(crate) fn new(client: Client, contexts: ContextSet) -> Self {
        Self { client, contexts: Arc::new(contexts) }
    }

    /// Returns the client without the bound contexts.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns a client with these contexts in addition to the bound ones. A context replaces the bound one of the same
    /// name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context};
    ///
    /// let client = Client::in_memory().build()?;
    /// let for_ada = client.with_context(Context::new("user").with("key", "ada"));
    /// let on_phone = for_ada.with_context(Context::new("device").with("kind", "phone"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    #[must_use]
    pub fn with_context(&self, contexts: impl Into<ContextSet>) -> Self {
        Self::new(self.client.clone(), self.contexts.overlay(&contexts.into()))
    }

    /// Returns a view with the contexts of one call in addition to the bound ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context, ContextSet};
    ///
    /// let client = Client::in_memory().value("new-checkout", true).build()?;
    /// let for_ada = client.with_context(Context::new("user").with("key", "ada"));
    /// let device = ContextSet::from(Context::new("device").with("kind", "phone"));
    /// assert!(for_ada.with(&device).enabled("new-checkout"));
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn with<'a>(&'a self, contexts: &'a ContextSet) -> View<'a> {
        View { inner: self.client.inner(), call: contexts, bound: &self.contexts }
    }

    /// Returns a view with the bound contexts.
    pub fn view(&self) -> View<'_> {
        self.with(&NO_CONTEXTS)
    }
}

crate::reader::reader_methods!(
    BoundClient,
    "# let client = prefab_client::Client::in_memory().value(\"max-jobs\", 30).value(\"new-checkout\", true).build()?;
let client = client.with_context(prefab_client::Context::new(\"user\").with(\"key\", \"u-1\"));"
);
