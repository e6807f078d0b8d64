//! Reads changes that another server announced to a client, before the store notifies this server.

use std::{sync::PoisonError, time::Duration};

use tokio::time::Instant;
use tracing::debug;

use super::{Caller, ProjectCache};

/// How often the versions of one project are read for all clients that wait. The version comes from the
/// client, so it may not exist.
const READ_INTERVAL: Duration = Duration::from_millis(100);

impl ProjectCache {
    /// Waits until the environment of a caller has a version, at most `max_wait`. Returns whether it has.
    ///
    /// The store is read, because a notification may be late or lost.
    pub async fn catch_up(&self, caller: &Caller, version: i64, max_wait: Duration) -> bool {
        let mut newest = caller.channel.subscribe();
        let published = newest.wait_for(|newest| newest.id >= version);
        tokio::select! {
            published = tokio::time::timeout(max_wait, published) => matches!(published, Ok(Ok(_))),
            never = self.read_repeatedly(caller) => match never {},
        }
    }

    async fn read_repeatedly(&self, caller: &Caller) -> std::convert::Infallible {
        loop {
            if let Some(at) = self.next_read(caller) {
                tokio::time::sleep_until(at).await;
            } else if let Err(error) = caller.project.sync(&*self.store, &self.workers).await {
                // The task that follows the store warns about this.
                debug!(%error, "cannot read a version that another server announced");
            }
        }
    }

    /// Starts a read of the versions of a project, or returns the time at which the next one may start.
    fn next_read(&self, caller: &Caller) -> Option<Instant> {
        let mut last_reads = self.last_reads.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let next = last_reads.get(&caller.project.id).map(|last| *last + READ_INTERVAL);
        if next.is_none_or(|next| next <= now) {
            last_reads.insert(caller.project.id, now);
            return None;
        }
        next
    }
}
