use std::time::Duration;

use super::fixture::Fixture;
use crate::{AttemptCount, AttemptSubject, Store, key::KeyHash};

const WINDOW: Duration = Duration::from_secs(60);

fn subject(name: &str) -> AttemptSubject {
    AttemptSubject { hash: KeyHash::of(name), most: 2, window: WINDOW }
}

async fn count(store: &dyn Store, names: &[&str]) -> Vec<(u32, u64)> {
    let subjects = names.iter().map(|name| subject(name)).collect();
    let counts = store.count_attempts(subjects).await.unwrap();
    counts.iter().map(|AttemptCount { count, remaining }| (*count, remaining.as_secs())).collect()
}

pub(super) async fn attempts_of_all_handles_are_counted_together(fixture: Fixture) {
    let other = fixture.other_handle();
    assert_eq!(count(&*fixture.store, &["ann"]).await, [(1, 60)]);
    fixture.step(20_000);
    assert_eq!(count(&*other, &["ann"]).await, [(2, 40)]);
    assert_eq!(count(&*fixture.store, &["ann"]).await, [(3, 40)], "one more than allowed");
    assert_eq!(count(&*other, &["ann"]).await, [(4, 40)]);
    assert_eq!(count(&*other, &["ann"]).await, [(4, 40)], "the count has an end");
    assert_eq!(count(&*other, &["bea"]).await, [(1, 60)]);
    fixture.step(40_000);
    assert_eq!(count(&*other, &["ann"]).await, [(1, 60)], "a new window");
    fixture.store.reset_attempts(vec![KeyHash::of("ann"), KeyHash::of("eve")]).await.unwrap();
    assert_eq!(count(&*other, &["ann", "bea"]).await, [(1, 60), (2, 20)]);
}

pub(super) async fn a_refused_attempt_does_not_count_for_later_subjects(fixture: Fixture) {
    for _ in 0..2 {
        count(&*fixture.store, &["address"]).await;
    }
    assert_eq!(count(&*fixture.store, &["address", "ann"]).await, [(3, 60)]);
    assert_eq!(count(&*fixture.store, &["ann"]).await, [(1, 60)]);
}

pub(super) async fn ended_and_surplus_attempts_are_deleted(fixture: Fixture) {
    count(&*fixture.store, &["old"]).await;
    fixture.step(60_000);
    for name in ["first", "second", "third"] {
        fixture.step(1_000);
        count(&*fixture.store, &[name]).await;
    }
    fixture.store.delete_ended_attempts(2).await.unwrap();
    assert_eq!(count(&*fixture.store, &["first"]).await, [(1, 60)], "the one that ends first is deleted");
    assert_eq!(count(&*fixture.store, &["second", "third"]).await, [(2, 59), (2, 60)]);
    fixture.store.delete_ended_attempts(10).await.unwrap();
    assert_eq!(count(&*fixture.store, &["third"]).await, [(3, 60)]);
}
