use std::time::Duration;

use super::fixture::Fixture;
use crate::Store;

const SPAN: Duration = Duration::from_secs(30);

async fn acquire(store: &dyn Store, name: &str, owner: &str) -> bool {
    store.acquire_lease(name.to_owned(), owner.to_owned(), SPAN).await.unwrap()
}

pub(super) async fn one_owner_has_a_lease_until_it_ends(fixture: Fixture) {
    let other = fixture.other_handle();
    assert!(acquire(&*fixture.store, "work", "a").await);
    assert!(!acquire(&*other, "work", "b").await);
    assert!(acquire(&*other, "more", "b").await, "each name has its own lease");
    fixture.step(20_000);
    assert!(acquire(&*fixture.store, "work", "a").await, "the owner renews it");
    fixture.step(29_999);
    assert!(!acquire(&*other, "work", "b").await);
    fixture.step(1);
    assert!(acquire(&*other, "work", "b").await, "the owner did not renew it");
    assert!(!acquire(&*fixture.store, "work", "a").await);
    let (first, second) = tokio::join!(acquire(&*fixture.store, "new", "a"), acquire(&*other, "new", "b"));
    assert!(first != second, "one of two that acquire it together");
}

pub(super) async fn a_released_lease_can_be_paused(fixture: Fixture) {
    let other = fixture.other_handle();
    let release = async |owner: &str, pause| {
        fixture.store.release_lease("work".to_owned(), owner.to_owned(), pause).await.unwrap();
    };
    assert!(acquire(&*fixture.store, "work", "a").await);
    release("b", Duration::ZERO).await;
    assert!(!acquire(&*other, "work", "b").await, "only the owner releases it");
    release("a", Duration::ZERO).await;
    assert!(acquire(&*other, "work", "b").await);
    release("b", Duration::from_secs(60)).await;
    assert!(!acquire(&*fixture.store, "work", "a").await);
    assert!(!acquire(&*fixture.store, "work", "b").await);
    fixture.step(60_000);
    assert!(acquire(&*fixture.store, "work", "a").await);
}
