use std::collections::BTreeSet;

use prefab_core::{Config, ids::ProjectId};

use super::bed::{Bed, change, ids, keys, note};
use crate::{Change, Expected, KeyRange, Note, StoreError};

pub(super) async fn ids_grow_and_are_read_exactly_by_javascript(bed: Bed) {
    let first = bed.set("a", 1).await;
    let second = bed.set("b", 2).await;
    let third = bed.delete("a").await;
    assert!(0 < bed.project.first_id && bed.project.first_id < first, "{first}");
    assert!(first < second && second < third && third < 1 << 53, "{first} {second} {third}");
}

pub(super) async fn ids_grow_when_the_clock_does_not_advance(bed: Bed) {
    let changes = (0..5).map(|at| change(&format!("k{at}"), Some(1), Expected::Absent)).collect();
    let mut ids = bed.store.append(bed.id(), changes).await.unwrap();
    ids.push(bed.set("a", 1).await);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

pub(super) async fn ids_are_never_reused_by_two_handles(bed: Bed) {
    let other = bed.other_handle();
    let mut ids = Vec::new();
    for at in 0..10 {
        let ours = change("ours", Some(at), Expected::Anything);
        let theirs = change("theirs", Some(at), Expected::Anything);
        let (ours, theirs) =
            tokio::join!(bed.store.append(bed.id(), vec![ours]), other.append(bed.id(), vec![theirs]));
        ids.extend(ours.unwrap());
        ids.extend(theirs.unwrap());
    }
    ids.push(bed.set("ours", 0).await);
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!((distinct.len(), distinct.last()), (ids.len(), ids.last().as_ref()), "{ids:?}");
    let all = bed.store.changes(bed.id(), None, 100).await.unwrap();
    assert_eq!(super::bed::ids(&all), distinct.into_iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(other.since(bed.id(), 0).await.unwrap(), bed.store.since(bed.id(), 0).await.unwrap());
}

pub(super) async fn since_lists_the_newest_version_of_each_key(bed: Bed) {
    bed.set("a", 1).await;
    let second = bed.set("b", 2).await;
    let third = bed.delete("a").await;
    let since = async |id| bed.store.since(bed.id(), id).await.unwrap();
    assert_eq!(keys(&since(0).await), [("b", true), ("a", false)]);
    assert_eq!(keys(&since(second).await), [("a", false)]);
    assert_eq!(since(third).await, []);
}

pub(super) async fn a_version_that_is_not_the_expected_one_is_a_conflict(bed: Bed) {
    let conflict = async |expected, now| {
        let error = bed.append(change("a", Some(9), expected)).await.unwrap_err();
        let StoreError::Conflict { key, current, .. } = error else { panic!("{error}") };
        assert_eq!((&*key, current), ("a", now), "{expected:?}");
    };
    conflict(Expected::Version(5), None).await;
    let first = bed.append(change("a", Some(1), Expected::Absent)).await.unwrap();
    conflict(Expected::Absent, Some(first)).await;
    let second = bed.append(change("a", Some(2), Expected::Version(first))).await.unwrap();
    conflict(Expected::Version(first), Some(second)).await;
    let deleted = bed.append(change("a", None, Expected::Version(second))).await.unwrap();
    conflict(Expected::Version(second), None).await;
    conflict(Expected::Version(deleted), None).await;
    bed.append(change("a", Some(3), Expected::Absent)).await.unwrap();
    bed.append(change("a", Some(4), Expected::Anything)).await.unwrap();
}

pub(super) async fn an_append_writes_all_changes_or_none(bed: Bed) {
    let changes = vec![change("a", Some(1), Expected::Absent), change("a", Some(2), Expected::Absent)];
    bed.store.append(bed.id(), changes).await.unwrap_err();
    assert_eq!(bed.store.since(bed.id(), 0).await.unwrap(), []);
    assert_eq!(bed.store.history(bed.id(), "a".to_owned(), 10).await.unwrap(), []);
}

pub(super) async fn an_append_to_an_unknown_project_fails(bed: Bed) {
    let unknown = ProjectId(bed.id().0 + 100);
    let appended = bed.store.append(unknown, vec![change("a", Some(1), Expected::Anything)]).await;
    assert!(matches!(appended, Err(StoreError::UnknownProject(id)) if id == unknown), "{appended:?}");
}

pub(super) async fn a_version_is_returned_as_it_was_appended(bed: Bed) {
    let first = bed.set("a", 1).await;
    bed.step(5_000);
    let config = Config { tags: vec!["one".to_owned(), "two".to_owned()], ..Config::constant("a", "ä\0") };
    let wanted = Change { config: Some(config.clone()), ..change("a", None, Expected::Version(first)) };
    let id = bed.append(wanted.clone()).await.unwrap();
    let version = bed.store.version(bed.id(), id).await.unwrap().unwrap();
    assert_eq!((version.id, version.previous_id, &*version.key), (id, Some(first), "a"));
    assert_eq!((&version.changed_by, version.changed_at_millis), (&wanted.changed_by, bed.now()));
    let expected =
        Config { id, project_id: bed.id().0, changed_by: Some(wanted.changed_by.clone()), ..config };
    assert_eq!(version.config, Some(expected));
    let other = bed.other_handle();
    assert_eq!(other.version(bed.id(), id).await.unwrap(), Some(version));
    assert_eq!(bed.store.version(bed.id(), id + 1).await.unwrap(), None);
}

pub(super) async fn history_lists_the_versions_of_one_key_newest_first(bed: Bed) {
    let (first, _, third) = (bed.set("a", 1).await, bed.set("b", 1).await, bed.delete("a").await);
    let fourth = bed.set("a", 2).await;
    let history = async |limit| bed.store.history(bed.id(), "a".to_owned(), limit).await.unwrap();
    let all = history(10).await;
    assert_eq!(ids(&all), [fourth, third, first]);
    let previous: Vec<_> = all.iter().map(|version| version.previous_id).collect();
    assert_eq!(previous, [Some(third), Some(first), None]);
    assert_eq!(ids(&history(1).await), [fourth]);
}

pub(super) async fn changes_are_listed_in_pages_newest_first(bed: Bed) {
    let (first, second, third) = (bed.set("a", 1).await, bed.set("b", 1).await, bed.delete("a").await);
    let page = async |before, limit| ids(&bed.store.changes(bed.id(), before, limit).await.unwrap());
    assert_eq!(page(None, 2).await, [third, second]);
    assert_eq!(page(Some(second), 2).await, [first]);
    assert_eq!(page(Some(first), 2).await, [0; 0]);
}

pub(super) async fn changes_after_an_id_are_listed_oldest_first_with_what_they_replaced(bed: Bed) {
    let first = bed.set("a", 1).await;
    let told = Change {
        note: Some(note("ann", "changed a", "why not")),
        ..change("a", Some(2), Expected::Version(first))
    };
    let second = bed.append(told).await.unwrap();
    let third = bed.delete("a").await;
    let changes = bed.store.changes_after(bed.id(), 0, 10).await.unwrap();
    let all: Vec<i64> = changes.iter().map(|told| told.version.id).collect();
    assert_eq!(all, [first, second, third]);
    let before: Vec<_> = changes.iter().map(|told| told.before.as_ref().map(|config| config.id)).collect();
    assert_eq!(before, [None, Some(first), Some(second)]);
    assert_eq!(changes[1].said, Some(("ann".to_owned(), "changed a".to_owned())));
    let one = bed.store.changes_after(bed.id(), first, 1).await.unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].version.id, second);
}

pub(super) async fn deleted_lists_tombstones_until_the_key_is_created_again(bed: Bed) {
    for key in ["b", "a", "c"] {
        bed.set(key, 1).await;
    }
    let deleted = async || bed.store.deleted(bed.id()).await.unwrap();
    let (b, a) = (bed.delete("b").await, bed.delete("a").await);
    assert_eq!(ids(&deleted().await), [a, b], "by key");
    bed.set("a", 2).await;
    assert_eq!(keys(&deleted().await), [("b", false)]);
}

pub(super) async fn comments_are_those_of_current_versions_in_the_range(bed: Bed) {
    let commented = async |key: &str, comment: &str| {
        let note: Note = note("ann", "changed it", comment);
        let change = Change { note: Some(note), ..change(key, Some(1), Expected::Anything) };
        bed.append(change).await.unwrap()
    };
    commented("a", "an earlier reason").await;
    let a = commented("a", "the reason").await;
    commented("b", "").await;
    commented("c", "out of the range").await;
    let range = KeyRange { first: "a".to_owned(), last: "b".to_owned() };
    let comments = bed.store.comments(bed.id(), range).await.unwrap();
    assert_eq!(comments, [(a, "the reason".to_owned())]);
}

pub(super) async fn projects_have_logs_of_their_own(bed: Bed) {
    let second = bed.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let id = bed.set("a", 1).await;
    assert_eq!(bed.store.since(second.id, 0).await.unwrap(), []);
    assert_eq!(bed.store.version(second.id, id).await.unwrap(), None);
    bed.store.append(second.id, vec![change("a", None, Expected::Absent)]).await.unwrap();
    assert_eq!(keys(&bed.store.since(bed.id(), 0).await.unwrap()), [("a", true)]);
}
