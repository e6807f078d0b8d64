//! The poll for changes of other servers.
//!
//! It reads the newest id of each project and the counters of drafts and of the registry: one scan of two small tables. It runs
//! every 30 s while notifications are proven to arrive, and every second otherwise. A notification is proven by an echo, which
//! is sent through the pool once a minute.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use prefab_store::{Notifier, StoreChange, StoreError};
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use crate::{database::Database, listen::Status, schema};

/// The pause between two polls if notifications arrive.
const SAFETY_INTERVAL: Duration = Duration::from_secs(30);

/// The pause between two polls otherwise.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The pause between two echoes.
const ECHO_INTERVAL: Duration = Duration::from_secs(60);

/// How long an echo may take.
const ECHO_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a warning is repeated.
const WARN_INTERVAL: Duration = Duration::from_secs(3_600);

/// Reads what has changed since the last time. Returns nothing the first time.
pub(crate) async fn compare(database: &Database) -> Result<Vec<StoreChange>, StoreError> {
    database.positions.compare(database.session("polling for changes").await?).await
}

/// Polls until the store is dropped, and proves that notifications arrive.
pub(crate) async fn follow(database: Arc<Database>, notifier: Notifier, mut status: Status) {
    let (mut is_proven, mut echo_at, mut warned_at) = (false, Instant::now(), None::<Instant>);
    loop {
        if !*status.listening.borrow_and_update() {
            is_proven = false;
        } else if Instant::now() >= echo_at {
            let was_proven = is_proven;
            is_proven = echo(&database, &mut status).await;
            echo_at = Instant::now() + ECHO_INTERVAL;
            if is_proven && !was_proven {
                info!("notifications of the database arrive");
            }
            if !is_proven && warned_at.is_none_or(|at| at.elapsed() >= WARN_INTERVAL) {
                warned_at = Some(Instant::now());
                warn!(
                    "notifications of the database do not arrive, polling every second; if `--database` leads to a \
                     pooler, pass the address of the database itself as `--database-listen-url`"
                );
            }
        }
        database.is_listening.store(is_proven, Ordering::Relaxed);
        let pause = if is_proven {
            SAFETY_INTERVAL.min(echo_at.saturating_duration_since(Instant::now()))
        } else {
            POLL_INTERVAL
        };
        tokio::select! {
            () = sleep(pause) => {}
            changed = status.listening.changed() => match changed {
                Ok(()) => echo_at = Instant::now(),
                Err(_) => return,
            },
        }
        check_version(&database).await;
        // The listener reports that the database cannot be reached.
        if let Ok(changes) = compare(&database).await {
            for change in changes {
                notifier.notify(change);
            }
        }
    }
}

/// Stops or allows writes, depending on the version of the tables.
pub(crate) async fn check_version(database: &Database) {
    let Ok(is_outdated) = schema::is_outdated(database).await else { return };
    if is_outdated && !database.is_outdated.swap(is_outdated, Ordering::Relaxed) {
        error!(
            "a newer version has upgraded the database; this server does not write it any more, upgrade it"
        );
    }
    database.is_outdated.store(is_outdated, Ordering::Relaxed);
}

/// Sends an echo through the pool, and returns whether it arrives at the listener.
async fn echo(database: &Database, status: &mut Status) -> bool {
    let number = fastrand::u32(1..);
    let sent = async {
        let mut session = database.session("testing notifications").await?;
        database.send(&mut session, format!("{}:e:{number}", database.server)).await
    };
    sent.await.is_ok()
        && timeout(ECHO_TIMEOUT, status.echo.wait_for(|echo| *echo == number))
            .await
            .is_ok_and(|echo| echo.is_ok())
}
