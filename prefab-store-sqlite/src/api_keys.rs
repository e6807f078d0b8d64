//! Implements [`ApiKeys`] for [`SqliteStore`].

use prefab_core::ids::ProjectId;
use prefab_store::{ApiKeys, KeyDetails, KeyRequest, NewKey, StoreChange, StoreFuture, key::IssuedKey};

use crate::{SqliteStore, key_rows, registry};

impl ApiKeys for SqliteStore {
    fn issue_key(&self, request: KeyRequest) -> StoreFuture<'_, IssuedKey> {
        let now = self.clock.now_millis();
        self.change(StoreChange::ApiKeys, move |connection| registry::issue_key(connection, &request, now))
    }

    fn issue_named_key(&self, request: NewKey) -> StoreFuture<'_, IssuedKey> {
        let now = self.clock.now_millis();
        self.change(StoreChange::ApiKeys, move |connection| key_rows::issue(connection, request, now))
    }

    fn keys(&self, project: ProjectId) -> StoreFuture<'_, Vec<KeyDetails>> {
        self.reports.run(move |connection| key_rows::list(connection, project))
    }

    fn revoke_key(&self, id: i64) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.change(StoreChange::ApiKeys, move |connection| registry::revoke_key(connection, id, now))
    }

    fn expire_key(&self, id: i64, at_millis: i64) -> StoreFuture<'_, bool> {
        let now = self.clock.now_millis();
        self.change(StoreChange::ApiKeys, move |connection| key_rows::expire(connection, id, at_millis, now))
    }

    fn record_key_usage(&self, used: Vec<(i64, i64)>) -> StoreFuture<'_, ()> {
        self.run(move |connection| key_rows::used(connection, &used))
    }
}
