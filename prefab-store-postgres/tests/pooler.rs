//! A pooler that gives each transaction another connection, without an address for notifications.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use prefab_core::{ChangedBy, Config};
use prefab_store::{Change, ConfigLog as _, Expected, Projects as _, Store as _};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::{Pgbouncer, Postgres};
use tokio::time::timeout;

fn change(value: i64) -> Change {
    Change {
        key: "a".to_owned(),
        config: Some(Config::constant("a", value)),
        expected: Expected::Anything,
        changed_by: ChangedBy::default(),
        note: None,
    }
}

/// A listener behind a pooler receives nothing once other clients use its connection, and its own test passes while the
/// pooler is idle. So only the echo through the pool, again and again, is a proof.
#[tokio::test(flavor = "multi_thread")]
async fn changes_arrive_by_the_poll_if_notifications_do_not() {
    let Some(server) = Postgres::start() else { return };
    let Some(pooler) = Pgbouncer::start(&server, 3) else { return };
    let options = PostgresOptions::new(pooler.url(&server).parse().unwrap());
    let ours = Arc::new(PostgresStore::open(options.clone()).await.unwrap());
    let project = ours.create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    let busy = Arc::new(AtomicBool::new(true));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (store, busy) = (Arc::clone(&ours), Arc::clone(&busy));
            tokio::spawn(async move {
                while busy.load(Ordering::Relaxed) {
                    store.since(project, 0).await.unwrap();
                }
            })
        })
        .collect();
    let other = PostgresStore::open(options).await.unwrap();
    // The listeners have connected, and their echo was lost.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut watch = other.watch();
    for value in 0..5 {
        let started = Instant::now();
        let id = ours.append(project, vec![change(value)]).await.unwrap().versions[0].id;
        loop {
            let changes = timeout(Duration::from_secs(5), watch.changed()).await.unwrap().unwrap();
            if changes.is_unknown || changes.configs.get(&project).is_some_and(|last| *last >= id) {
                break;
            }
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    busy.store(false, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
}
