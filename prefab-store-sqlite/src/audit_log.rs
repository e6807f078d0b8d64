//! Implements [`AuditLog`] for [`SqliteStore`].

use prefab_store::{AuditEntry, AuditFilter, AuditLog, AuditRecord, Refusal, StoreFuture};

use crate::{SqliteStore, audit, failed, refusals, retention, write};

impl AuditLog for SqliteStore {
    fn record_audit(&self, entries: Vec<AuditEntry>) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| {
            let transaction = write(connection)?;
            entries.iter().try_for_each(|entry| audit::insert(&transaction, entry, now))?;
            transaction.commit().map_err(failed("writing the audit log"))
        })
    }

    fn record_refusals(&self, written: Vec<Refusal>) -> StoreFuture<'_, ()> {
        let now = self.clock.now_millis();
        self.run(move |connection| refusals::write(connection, &written, now))
    }

    fn delete_audit_entries_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(move |connection| retention::forget_audit(connection, at_millis))
    }

    fn audit(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.reports.run(move |connection| audit::read(connection, &filter))
    }
}
