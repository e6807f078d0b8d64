//! Deletion of old counts and audit entries.
//!
//! Rows are deleted in batches, so that other work of the store runs in between. One server deletes them for all.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::warn;

use crate::lease::Lease;
use prefab_store::{HOUR_MILLIS, Store, StoreError, clock::Clock};

/// How often old rows are deleted.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// How often a server checks whether old rows are due to be deleted.
const POLL_INTERVAL: Duration = Duration::from_secs(60);

/// Number of days that rows are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Evaluation counts, loggers and contexts.
    pub evaluations_days: u32,
    /// Audit entries; `None` keeps them forever.
    pub audit_days: Option<u32>,
}

impl Retention {
    /// Deletes old rows once an hour on one of the servers, until `stop` becomes true.
    pub async fn follow(
        self,
        store: Arc<dyn Store>,
        clock: Clock,
        lease: Lease,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let delete = async {
                if let Err(error) = self.delete(&*store, clock.now_millis()).await {
                    warn!(%error, "deleting old counts and audit entries failed, retrying in an hour");
                }
                INTERVAL
            };
            let deleted = tokio::select! {
                deleted = lease.run(delete) => deleted,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            if let Err(error) = deleted {
                warn!(%error, "deleting old counts and audit entries failed, retrying in a minute");
            }
            tokio::select! {
                () = clock.sleep(POLL_INTERVAL) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn delete(self, store: &dyn Store, now_millis: i64) -> Result<(), StoreError> {
        let days_ago = |days: u32| now_millis - i64::from(days) * 24 * HOUR_MILLIS;
        while store.delete_counts_before(days_ago(self.evaluations_days)).await? {}
        if let Some(days) = self.audit_days {
            while store.delete_audit_entries_before(days_ago(days)).await? {}
        }
        Ok(())
    }
}
