//! `SQLite` fulfils the contract of a store.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::Arc;

use prefab_store::Store;
use prefab_store_sqlite::{DATABASE, SqliteStore};

prefab_store::contract_tests!(|| {
    let dir = tempfile::tempdir().unwrap();
    move |clock| {
        let store = SqliteStore::open_with_clock(&dir.path().join(DATABASE), clock);
        Arc::new(store.unwrap()) as Arc<dyn Store>
    }
});
