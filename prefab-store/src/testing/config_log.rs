use std::collections::BTreeSet;

use prefab_core::{Config, ids::ProjectId};

use super::fixture::{Fixture, change, ids, keys, note};
use crate::{AuditNote, Change, Expected, KeyRange, StoreError};

pub(super) async fn ids_grow_and_are_read_exactly_by_javascript(fixture: Fixture) {
    let first = fixture.set("a", 1).await;
    let second = fixture.set("b", 2).await;
    let third = fixture.delete("a").await;
    assert!(0 < fixture.project.first_id && fixture.project.first_id < first, "{first}");
    assert!(first < second && second < third && third < 1 << 53, "{first} {second} {third}");
}

pub(super) async fn ids_grow_when_the_clock_does_not_advance(fixture: Fixture) {
    let changes = (0..5).map(|at| change(&format!("k{at}"), Some(1), Expected::Absent)).collect();
    let mut ids = fixture.store.append(fixture.id(), changes).await.unwrap().ids();
    ids.push(fixture.set("a", 1).await);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

pub(super) async fn ids_are_never_reused_by_two_handles(fixture: Fixture) {
    let other = fixture.other_handle();
    let mut ids = Vec::new();
    for at in 0..10 {
        let ours = change("ours", Some(at), Expected::Anything);
        let theirs = change("theirs", Some(at), Expected::Anything);
        let (ours, theirs) = tokio::join!(
            fixture.store.append(fixture.id(), vec![ours]),
            other.append(fixture.id(), vec![theirs])
        );
        ids.extend(ours.unwrap().ids());
        ids.extend(theirs.unwrap().ids());
    }
    ids.push(fixture.set("ours", 0).await);
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!((distinct.len(), distinct.last()), (ids.len(), ids.last().as_ref()), "{ids:?}");
    let all = fixture.store.changes(fixture.id(), None, 100).await.unwrap();
    assert_eq!(super::fixture::ids(&all), distinct.into_iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(
        other.since(fixture.id(), 0).await.unwrap(),
        fixture.store.since(fixture.id(), 0).await.unwrap()
    );
}

pub(super) async fn since_lists_the_newest_version_of_each_key(fixture: Fixture) {
    fixture.set("a", 1).await;
    let second = fixture.set("b", 2).await;
    let third = fixture.delete("a").await;
    let since = async |id| fixture.store.since(fixture.id(), id).await.unwrap();
    assert_eq!(keys(&since(0).await), [("b", true), ("a", false)]);
    assert_eq!(keys(&since(second).await), [("a", false)]);
    assert_eq!(since(third).await, []);
}

pub(super) async fn a_version_that_is_not_the_expected_one_is_a_conflict(fixture: Fixture) {
    let conflict = async |expected, now| {
        let error = fixture.append(change("a", Some(9), expected)).await.unwrap_err();
        let StoreError::Conflict { key, current, .. } = error else { panic!("{error}") };
        assert_eq!((&*key, current), ("a", now), "{expected:?}");
    };
    conflict(Expected::Version(5), None).await;
    let first = fixture.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    conflict(Expected::Absent, Some(first)).await;
    let second = fixture.append(change("a", Some(2), Expected::Version(first))).await.unwrap();
    conflict(Expected::Version(first), Some(second)).await;
    let deleted = fixture.append(change("a", None, Expected::Version(second))).await.unwrap();
    conflict(Expected::Version(second), None).await;
    conflict(Expected::Version(deleted), None).await;
    fixture.append(change("a", Some(3), Expected::Absent)).await.unwrap();
    fixture.append(change("a", Some(4), Expected::Anything)).await.unwrap();
}

pub(super) async fn an_append_writes_all_changes_or_none(fixture: Fixture) {
    let changes = vec![change("a", Some(1), Expected::Absent), change("a", Some(2), Expected::Absent)];
    fixture.store.append(fixture.id(), changes).await.unwrap_err();
    assert_eq!(fixture.store.since(fixture.id(), 0).await.unwrap(), []);
    assert_eq!(fixture.store.history(fixture.id(), "a".to_owned(), 10).await.unwrap(), []);
}

pub(super) async fn an_append_returns_what_a_read_returns(fixture: Fixture) {
    let before = fixture.set("a", 1).await;
    let config = Config { tags: vec!["one".to_owned()], ..Config::constant("b", "ä") };
    let changes = vec![
        change("a", None, Expected::Version(before)),
        Change { config: Some(config), ..change("b", None, Expected::Absent) },
    ];
    let appended = fixture.store.append(fixture.id(), changes).await.unwrap();
    assert_eq!(appended.after, before);
    assert_eq!(appended.versions, fixture.store.since(fixture.id(), before).await.unwrap());
}

pub(super) async fn an_append_to_an_unknown_project_fails(fixture: Fixture) {
    let unknown = ProjectId(fixture.id().0 + 100);
    let appended = fixture.store.append(unknown, vec![change("a", Some(1), Expected::Anything)]).await;
    assert!(matches!(appended, Err(StoreError::UnknownProject(id)) if id == unknown), "{appended:?}");
}

pub(super) async fn a_version_is_returned_as_it_was_appended(fixture: Fixture) {
    let first = fixture.set("a", 1).await;
    fixture.step(5_000);
    let config = Config { tags: vec!["one".to_owned(), "two".to_owned()], ..Config::constant("a", "ä\0") };
    let change = Change { config: Some(config.clone()), ..change("a", None, Expected::Version(first)) };
    let id = fixture.append(change.clone()).await.unwrap();
    let version = fixture.store.version(fixture.id(), id).await.unwrap().unwrap();
    assert_eq!((version.id, version.previous_id, &*version.key), (id, Some(first), "a"));
    assert_eq!((&version.changed_by, version.changed_at_millis), (&change.changed_by, fixture.now()));
    let expected =
        Config { id, project_id: fixture.id().0, changed_by: Some(change.changed_by.clone()), ..config };
    assert_eq!(version.config, Some(expected));
    let other = fixture.other_handle();
    assert_eq!(other.version(fixture.id(), id).await.unwrap(), Some(version));
    assert_eq!(fixture.store.version(fixture.id(), id + 1).await.unwrap(), None);
}

pub(super) async fn history_lists_the_versions_of_one_key_newest_first(fixture: Fixture) {
    let (first, _, third) = (fixture.set("a", 1).await, fixture.set("b", 1).await, fixture.delete("a").await);
    let fourth = fixture.set("a", 2).await;
    let history = async |limit| fixture.store.history(fixture.id(), "a".to_owned(), limit).await.unwrap();
    let all = history(10).await;
    assert_eq!(ids(&all), [fourth, third, first]);
    let previous: Vec<_> = all.iter().map(|version| version.previous_id).collect();
    assert_eq!(previous, [Some(third), Some(first), None]);
    assert_eq!(ids(&history(1).await), [fourth]);
}

pub(super) async fn changes_are_listed_in_pages_newest_first(fixture: Fixture) {
    let (first, second, third) =
        (fixture.set("a", 1).await, fixture.set("b", 1).await, fixture.delete("a").await);
    let page = async |before, limit| ids(&fixture.store.changes(fixture.id(), before, limit).await.unwrap());
    assert_eq!(page(None, 2).await, [third, second]);
    assert_eq!(page(Some(second), 2).await, [first]);
    assert_eq!(page(Some(first), 2).await, [0; 0]);
}

pub(super) async fn changes_after_an_id_are_listed_oldest_first_with_what_they_replaced(fixture: Fixture) {
    let first = fixture.set("a", 1).await;
    let second = Change {
        note: Some(note("ann", "changed a", "why not")),
        ..change("a", Some(2), Expected::Version(first))
    };
    let second = fixture.append(second).await.unwrap();
    let third = fixture.delete("a").await;
    let changes = fixture.store.changes_after(fixture.id(), 0, 10).await.unwrap();
    let all: Vec<i64> = changes.iter().map(|audited| audited.version.id).collect();
    assert_eq!(all, [first, second, third]);
    let before: Vec<_> =
        changes.iter().map(|audited| audited.before.as_ref().map(|config| config.id)).collect();
    assert_eq!(before, [None, Some(first), Some(second)]);
    assert_eq!(changes[1].audit, Some(("ann".to_owned(), "changed a".to_owned())));
    let one = fixture.store.changes_after(fixture.id(), first, 1).await.unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].version.id, second);
}

pub(super) async fn deleted_lists_tombstones_until_the_key_is_created_again(fixture: Fixture) {
    for key in ["b", "a", "c"] {
        fixture.set(key, 1).await;
    }
    let deleted = async || fixture.store.deleted(fixture.id()).await.unwrap();
    let (b, a) = (fixture.delete("b").await, fixture.delete("a").await);
    assert_eq!(ids(&deleted().await), [a, b], "by key");
    fixture.set("a", 2).await;
    assert_eq!(keys(&deleted().await), [("b", false)]);
}

pub(super) async fn comments_are_those_of_current_versions_in_the_range(fixture: Fixture) {
    let commented = async |key: &str, comment: &str| {
        let note: AuditNote = note("ann", "changed it", comment);
        let change = Change { note: Some(note), ..change(key, Some(1), Expected::Anything) };
        fixture.append(change).await.unwrap()
    };
    commented("a", "an earlier reason").await;
    let a = commented("a", "the reason").await;
    commented("b", "").await;
    commented("c", "out of the range").await;
    let range = KeyRange { first: "a".to_owned(), last: "b".to_owned() };
    let comments = fixture.store.comments(fixture.id(), range).await.unwrap();
    assert_eq!(comments, [(a, "the reason".to_owned())]);
}

pub(super) async fn projects_have_logs_of_their_own(fixture: Fixture) {
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let id = fixture.set("a", 1).await;
    assert_eq!(fixture.store.since(second.id, 0).await.unwrap(), []);
    assert_eq!(fixture.store.version(second.id, id).await.unwrap(), None);
    fixture.store.append(second.id, vec![change("a", None, Expected::Absent)]).await.unwrap();
    assert_eq!(keys(&fixture.store.since(fixture.id(), 0).await.unwrap()), [("a", true)]);
}
