//! Implements [`ConfigLog`] for [`SqliteStore`].

use prefab_core::ids::ProjectId;
use prefab_store::{Appended, AuditedChange, Change, ConfigLog, KeyRange, StoreChange, StoreFuture, Version};

use crate::{SqliteStore, audit, log};

impl ConfigLog for SqliteStore {
    fn append(&self, project: ProjectId, changes: Vec<Change>) -> StoreFuture<'_, Appended> {
        let clock = self.clock.clone();
        let notification = move |appended: &Appended| {
            let newest = appended.versions.last()?;
            Some(StoreChange::Configs { project, last_id: newest.id })
        };
        self.change_if(notification, move |connection| log::append(connection, project, changes, &clock))
    }

    fn since(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Vec<Version>> {
        self.lookups.run(move |connection| log::since(connection, project, id))
    }

    fn history(&self, project: ProjectId, key: String, limit: u32) -> StoreFuture<'_, Vec<Version>> {
        self.reports.run(move |connection| log::history(connection, project, &key, limit))
    }

    fn changes(&self, project: ProjectId, before: Option<i64>, limit: u32) -> StoreFuture<'_, Vec<Version>> {
        self.reports.run(move |connection| log::changes(connection, project, before, limit))
    }

    fn changes_after(&self, project: ProjectId, id: i64, limit: u32) -> StoreFuture<'_, Vec<AuditedChange>> {
        self.reports.run(move |connection| log::changes_after(connection, project, id, limit))
    }

    fn version(&self, project: ProjectId, id: i64) -> StoreFuture<'_, Option<Version>> {
        self.lookups.run(move |connection| log::version_by_id(connection, project, id))
    }

    fn deleted(&self, project: ProjectId) -> StoreFuture<'_, Vec<Version>> {
        self.reports.run(move |connection| log::deleted(connection, project))
    }

    fn comments(&self, project: ProjectId, keys: KeyRange) -> StoreFuture<'_, Vec<(i64, String)>> {
        self.reports.run(move |connection| audit::comments(connection, project, &keys))
    }
}
