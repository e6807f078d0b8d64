//! A client that carries contexts along.

use std::sync::Arc;

use prefab_core::ContextSet;

use crate::{Client, View, no_context::NO_CONTEXTS};

/// A client with contexts of its own, cheap to clone and free to move between threads and tasks; see
/// [`Client::with_context`].
///
/// It is asked by the same methods as a [`Client`] is.
#[derive(Clone, Debug)]
pub struct BoundClient {
    client: Client,
    contexts: Arc<ContextSet>,
}

impl Client {
    /// Returns a client that carries these contexts along.
    pub fn with_context(&self, contexts: impl Into<ContextSet>) -> BoundClient {
        BoundClient::new(self.clone(), contexts.into())
    }
}

impl BoundClient {
    pub(crate) fn new(client: Client, contexts: ContextSet) -> Self {
        Self { client, contexts: Arc::new(contexts) }
    }

    /// Returns the client that this one was bound from.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns a client bound to these contexts over the ones bound already.
    #[must_use]
    pub fn with_context(&self, contexts: impl Into<ContextSet>) -> Self {
        Self::new(self.client.clone(), self.contexts.merged(&contexts.into()))
    }

    /// Returns a view that puts the contexts of one call over the bound ones.
    pub fn with<'a>(&'a self, contexts: &'a ContextSet) -> View<'a> {
        View { inner: self.client.inner(), call: contexts, bound: &self.contexts }
    }

    /// Returns a view that answers for the bound contexts.
    pub fn view(&self) -> View<'_> {
        self.with(&NO_CONTEXTS)
    }
}

crate::reader::reader_methods!(BoundClient);
