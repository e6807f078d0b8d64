//! Access to the store behind the cache.

use std::sync::Arc;

use prefab_store::Store;

use super::ProjectCache;

impl ProjectCache {
    /// Returns the store.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Returns a reference to the store that can be kept.
    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }
}
