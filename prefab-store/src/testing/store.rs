use std::time::Duration;

use super::fixture::Fixture;

/// Maximum time until a notification arrives.
const HINT: Duration = Duration::from_secs(20);

pub(super) async fn a_change_is_a_hint_to_every_handle(fixture: Fixture) {
    let other = fixture.other_handle();
    let (mut ours, mut theirs) = (fixture.store.watch(), other.watch());
    ours.mark_unchanged();
    theirs.mark_unchanged();
    let id = fixture.set("a", 1).await;
    tokio::time::timeout(HINT, ours.changed()).await.unwrap().unwrap();
    tokio::time::timeout(HINT, theirs.changed()).await.unwrap().unwrap();
    assert_eq!(other.since(fixture.id(), id - 1).await.unwrap()[0].id, id);
}

pub(super) async fn a_handle_answers_a_ping_and_has_a_size(fixture: Fixture) {
    fixture.store.ping().await.unwrap();
    assert!(fixture.store.size().await.unwrap() > 0);
}
