//! A reader that follows the log with `since` misses nothing that several servers append.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use prefab_core::{ChangedBy, Config, ids::ProjectId};
use prefab_store::{Change, ConfigLog as _, Expected, Projects as _};
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::postgres::{Pgbouncer, Postgres};
use tokio::sync::watch;

const STORES: usize = 3;
const WRITERS: usize = 8;
const APPENDS: usize = 150;

fn change(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        config: Some(Config::constant(key, 1)),
        expected: Expected::Absent,
        changed_by: ChangedBy::default(),
        note: None,
    }
}

/// What a reader saw.
struct Seen {
    ids: BTreeSet<i64>,
    is_rising: bool,
}

/// Follows the log until the writers are done, and then once more.
async fn read(store: Arc<PostgresStore>, project: ProjectId, mut done: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen { ids: BTreeSet::new(), is_rising: true };
    let mut last = 0;
    loop {
        let is_last = *done.borrow_and_update();
        for version in store.since(project, last).await.unwrap() {
            seen.is_rising &= version.id > last;
            last = last.max(version.id);
            seen.ids.insert(version.id);
        }
        if is_last {
            return seen;
        }
    }
}

/// Appends with 8 writers through 3 stores, and returns the ids that a reader missed, and whether the ids that it saw rose.
async fn missed(options: PostgresOptions) -> (usize, bool) {
    let mut stores = Vec::new();
    for _ in 0..STORES {
        stores.push(Arc::new(PostgresStore::open(options.clone()).await.unwrap()));
    }
    let project = stores[0].create_project("shop".to_owned(), Vec::new()).await.unwrap().id;
    stores[0].append(project, vec![change("first")]).await.unwrap();
    let (done, is_done) = watch::channel(false);
    let reader = tokio::spawn(read(Arc::clone(&stores[0]), project, is_done));
    let writers = (0..WRITERS).map(|writer| {
        let store = Arc::clone(&stores[writer % STORES]);
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for at in 0..APPENDS {
                let appended = store.append(project, vec![change(&format!("{writer}.{at}"))]).await.unwrap();
                ids.extend(appended.ids());
            }
            ids
        })
    });
    let mut appended = HashSet::new();
    for writer in writers.collect::<Vec<_>>() {
        appended.extend(writer.await.unwrap());
    }
    assert_eq!(appended.len(), WRITERS * APPENDS, "no id is used twice");
    done.send_replace(true);
    let seen = reader.await.unwrap();
    (appended.iter().filter(|id| !seen.ids.contains(id)).count(), seen.is_rising)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_nothing() {
    let Some(server) = Postgres::start() else { return };
    assert_eq!(missed(PostgresOptions::new(server.url().parse().unwrap())).await, (0, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_nothing_behind_a_pooler() {
    let Some(server) = Postgres::start() else { return };
    let Some(pooler) = Pgbouncer::start(&server, 4) else { return };
    let options = PostgresOptions {
        listen_url: Some(server.url().parse().unwrap()),
        ..PostgresOptions::new(pooler.url(&server).parse().unwrap())
    };
    assert_eq!(missed(options).await, (0, true));
}

/// Shows that the test above notices lost versions.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_ids_from_a_sequence_misses_versions() {
    let Some(server) = Postgres::start() else { return };
    let options =
        PostgresOptions { is_sequence: true, ..PostgresOptions::new(server.url().parse().unwrap()) };
    let (missed, _) = missed(options).await;
    assert!(missed > 0, "the test would not notice a lost version");
}
