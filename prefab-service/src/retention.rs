//! Deletes old counts and audit entries, a batch at a time, so that other work of the store goes on in between.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::warn;

use prefab_store::{HOUR_MILLIS, Store, StoreError, clock};

/// How often old rows are deleted.
const EVERY: Duration = Duration::from_secs(3_600);

/// For how many days rows are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Evaluations, loggers and contexts.
    pub evaluations_days: u32,
    /// Audit entries; `None` keeps them forever.
    pub audit_days: Option<u32>,
}

impl Retention {
    /// Deletes until `stop` says so.
    pub async fn follow(self, store: Arc<dyn Store>, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let deleted = tokio::select! {
                deleted = self.delete(&*store) => deleted,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            if let Err(error) = deleted {
                warn!(%error, "old counts and audit entries could not be deleted, retrying in an hour");
            }
        }
    }

    async fn delete(self, store: &dyn Store) -> Result<(), StoreError> {
        while store.delete_counts_before(before(self.evaluations_days)).await? {}
        if let Some(days) = self.audit_days {
            while store.delete_audit_entries_before(before(days)).await? {}
        }
        Ok(())
    }
}

fn before(days: u32) -> i64 {
    clock::now_millis() - i64::from(days) * 24 * HOUR_MILLIS
}
