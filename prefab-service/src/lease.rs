//! Work that one of several servers does at a time.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use prefab_store::{Store, StoreError, clock::Clock};
use tracing::{debug, warn};

use crate::server_id::ServerId;

/// How long a server may do the work without renewing its lease. If it dies, another one continues after this time.
const SPAN: Duration = Duration::from_secs(30);

/// How often the lease is renewed during the work.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);

/// The right to do some work, which one of several servers has at a time.
///
/// A lease is acquired when there is work, so a server without work writes nothing.
#[derive(Clone)]
pub struct Lease {
    store: Arc<dyn Store>,
    clock: Clock,
    name: &'static str,
    owner: ServerId,
}

impl Lease {
    /// Creates a lease with the name of the work. Servers that use the same name do the work one at a time.
    pub fn new(store: Arc<dyn Store>, clock: Clock, name: &'static str, owner: ServerId) -> Self {
        Self { store, clock, name, owner }
    }

    /// Runs work, unless another server does it or has done it recently. Returns whether the work was completed.
    ///
    /// The work returns the time for which no server does it again. If the lease cannot be renewed in time, the work is
    /// cancelled, because another server may have started it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read or written.
    pub async fn run(&self, work: impl Future<Output = Duration>) -> Result<bool, StoreError> {
        if !self.acquire().await? {
            return Ok(false);
        }
        debug!(lease = self.name, server = %self.owner, "lease acquired");
        let mut work = pin!(work);
        let mut renewed_at = self.clock.now_millis();
        loop {
            tokio::select! {
                pause = &mut work => {
                    let (name, owner) = (self.name.to_owned(), self.owner.as_str().to_owned());
                    self.store.release_lease(name, owner, pause).await?;
                    return Ok(true);
                }
                () = self.clock.sleep(RENEW_INTERVAL) => {}
            }
            let now = self.clock.now_millis();
            let is_over = match self.acquire().await {
                Ok(is_renewed) => {
                    renewed_at = now;
                    !is_renewed
                }
                // It ends by the clock of the store; the next attempt comes in time.
                Err(_) => now - renewed_at >= millis(SPAN.saturating_sub(RENEW_INTERVAL)),
            };
            if is_over {
                warn!(lease = self.name, "the lease was lost, another server continues the work");
                return Ok(false);
            }
        }
    }

    async fn acquire(&self) -> Result<bool, StoreError> {
        self.store.acquire_lease(self.name.to_owned(), self.owner.as_str().to_owned(), SPAN).await
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
