//! How the cache follows the store.

use std::{sync::Arc, time::Duration};

use prefab_core::ids::ProjectId;
use prefab_service::{limits::Limits, project_cache::ProjectCache, workers::Workers};
use prefab_store::{Projects as _, Store as _};
use prefab_store_sqlite::SqliteStore;
use prefab_testing::eventually_async;

use crate::fixture::Fixture;

/// Longer than the delay before a failed refresh is retried.
const RETRIED: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_failed_refresh_is_retried_without_another_notification() {
    let Fixture { dir: _dir, store, clock, service, stop, .. } = Fixture::new().await;
    let cache = &service.project_cache;
    tokio::spawn(Arc::clone(cache).follow(stop.subscribe()));
    // The store does not notify its own watchers of plain SQL, so neither statement causes a refresh.
    let rename = async |from: &str, to: &str| {
        store.execute_batch(format!("ALTER TABLE {from} RENAME TO {to}")).await.unwrap();
    };
    rename("api_key", "api_key_renamed").await;
    let project = store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    // The notification is sent, so the task reads the store before this test does.
    tokio::task::yield_now().await;
    assert!(store.registry().await.is_err());
    assert!(cache.project(project.id).is_none());
    rename("api_key_renamed", "api_key").await;
    eventually_async("the cache contains the project", || {
        clock.step(RETRIED);
        cache.project(project.id).is_some()
    })
    .await;
}

#[tokio::test]
async fn changes_of_another_server_before_the_first_refresh_are_applied() {
    let Fixture { dir, store, clock, stop, .. } = Fixture::new().await;
    let other = SqliteStore::open_with_clock(&dir.path().join("prefab.db"), clock.clone()).unwrap();
    let mut notified = store.watch();
    let workers = Workers::new(&Limits::default());
    let cache = ProjectCache::open(Arc::<SqliteStore>::clone(&store), workers, 1 << 20, clock);
    let cache = Arc::new(cache.await.unwrap());
    let project: ProjectId = other.create_project("second".to_owned(), Vec::new()).await.unwrap().id;
    notified.changed().await.unwrap();
    tokio::spawn(Arc::clone(&cache).follow(stop.subscribe()));
    eventually_async("the cache contains the project", || cache.project(project).is_some()).await;
}
