//! Waiting for a version that another server has appended.

use std::{sync::Arc, time::Duration};

use prefab_store::Store;
use tokio::time::timeout;

use crate::{project::Project, workers::Workers};

/// How long a notification of another server is waited for before the store is read.
const NOTIFICATION_WAIT: Duration = Duration::from_millis(250);

impl Project {
    /// Waits until this server has published a version that another server may have appended. Usually a notification arrives
    /// in a moment; otherwise the store is read once. Returns whether the version is published.
    pub async fn wait_for(
        self: &Arc<Self>,
        id: i64,
        store: &dyn Store,
        workers: &Workers,
        at_most: Duration,
    ) -> bool {
        let mut published = self.published();
        let wait = async {
            if timeout(NOTIFICATION_WAIT, published.wait_for(|newest| *newest >= id)).await.is_err() {
                // A store that fails is as a version that does not arrive.
                let _ = self.sync(store, workers).await;
            }
            published.wait_for(|newest| *newest >= id).await.is_ok()
        };
        timeout(at_most, wait).await.unwrap_or(false)
    }
}
