//! API keys over time.

use std::{future::Future, sync::Arc, time::Duration};

use prefab_store::ApiKeys as _;

use crate::fixture::{Fixture, START_MILLIS};

#[tokio::test]
async fn a_key_ends_when_the_clock_reaches_its_expiry() {
    let fixture = Fixture::new().await;
    let cache = &fixture.service.project_cache;
    let key = fixture.issue_key().await;
    assert!(fixture.store.expire_key(key.id, START_MILLIS + 60_000).await.unwrap());
    cache.refresh().await.unwrap();
    let ended = cache.key_ended(key.id);
    tokio::pin!(ended);
    fixture.clock.step(Duration::from_millis(59_999));
    assert!(cache.caller(&key.key).await.is_some());
    assert!(poll_once(ended.as_mut()).await.is_none(), "the key is valid for another millisecond");
    fixture.clock.step(Duration::from_millis(1));
    assert!(cache.caller(&key.key).await.is_none());
    ended.await;
}

#[tokio::test]
async fn the_use_of_a_key_is_written_every_five_seconds() {
    let fixture = Fixture::new().await;
    let cache = &fixture.service.project_cache;
    let key = fixture.issue_key().await;
    tokio::spawn(Arc::clone(cache).follow(fixture.stop.subscribe()));
    fixture.clock.step(Duration::from_secs(1));
    assert!(cache.caller(&key.key).await.is_some());
    let last_use = async || {
        let keys = fixture.store.keys(fixture.project.id).await.unwrap();
        keys.iter().find(|details| details.id == key.id).unwrap().last_used_at_millis
    };
    assert_eq!(last_use().await, None);
    let written = prefab_testing::eventually_some("the use is written", async || {
        fixture.clock.step(Duration::from_secs(5));
        last_use().await
    });
    assert_eq!(written.await, START_MILLIS + 1_000);
}

/// Polls a future once, without a waker.
async fn poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}
