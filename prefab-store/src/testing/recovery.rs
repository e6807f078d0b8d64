use prefab_core::{ChangedBy, Config};

use super::fixture::{Fixture, keys};
use crate::{Draft, Heads, LogPosition, RECOVERY_ACTOR, Remembered, Version};

/// How far the lost versions are above the ids of the log.
const LOST: i64 = 1_000_000_000;

/// A version that a server has seen and the database does not contain.
fn lost(key: &str, id: i64, value: Option<i64>) -> Version {
    Version {
        id,
        previous_id: None,
        key: key.to_owned(),
        config: value.map(|value| Config { id, ..Config::constant(key, value) }),
        changed_by: ChangedBy { email: "ann@acme.test".to_owned(), user_id: 7, ..ChangedBy::default() },
        changed_at_millis: 5,
    }
}

impl Fixture {
    fn remembered(&self, versions: Vec<Version>) -> Remembered {
        let last_id = versions.iter().map(|version| version.id).max().unwrap();
        Remembered { project: self.id(), last_id, versions, heads: Heads::Older }
    }

    async fn current(&self, after: i64) -> Vec<Version> {
        self.store.since(self.id(), after).await.unwrap()
    }

    async fn drafts(&self) -> Vec<Draft> {
        self.store.drafts(self.id()).await.unwrap()
    }
}

pub(super) async fn a_log_that_went_back_is_noticed(fixture: Fixture) {
    let project = fixture.id();
    let first = fixture.set("a", 1).await;
    fixture.step(1_000);
    let last_id = fixture.set("a", 2).await;
    for (remembered, has_remembered) in [
        (fixture.project.first_id, true),
        (first, true),
        (last_id, true),
        (first + 1, false),
        (last_id + LOST, false),
    ] {
        let positions = fixture.store.log_positions(vec![(project, remembered)]).await.unwrap();
        assert_eq!(positions, [LogPosition { project, last_id, has_remembered }], "{remembered}");
    }
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let positions = fixture.store.log_positions(Vec::new()).await.unwrap();
    assert_eq!(
        positions[1],
        LogPosition { project: second.id, last_id: second.first_id, has_remembered: true }
    );
}

pub(super) async fn older_versions_are_appended_again_above_the_seen_ones(fixture: Fixture) {
    let a = fixture.set("a", 1).await;
    let b = fixture.set("b", 1).await;
    let c = fixture.set("c", 1).await;
    let d = fixture.delete("c").await;
    let seen = d + LOST;
    let versions = vec![lost("a", seen, Some(2)), lost("b", b, Some(1)), lost("c", seen - 1, Some(1))];
    let recovered = fixture.store.recover(vec![fixture.remembered(versions.clone())]).await.unwrap();
    assert_eq!((recovered[0].appended, recovered[0].deleted), (2, 0));
    let current = fixture.current(b).await;
    assert_eq!(keys(&current), [("a", true), ("c", false)]);
    assert!(current.iter().all(|version| version.id > seen), "{current:?}");
    assert_eq!(current[0].previous_id, Some(a));
    let again = current[0].config.clone().unwrap();
    assert_eq!((again.id, &again.rows), (current[0].id, &Config::constant("a", 1).rows));
    assert_eq!(recovered[0].last_id, current[1].id);
    assert!(fixture.store.version(fixture.id(), c).await.unwrap().is_some(), "the history stays");

    let audit = crate::AuditFilter { action: Some("recovered".to_owned()), limit: 10, ..Default::default() };
    let entries = fixture.store.audit(audit).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].entry, recovered[0].audit_entry());

    // Another server with the same memory, and a change afterwards.
    assert_eq!(fixture.other_handle().recover(vec![fixture.remembered(versions)]).await.unwrap(), []);
    assert!(fixture.set("a", 5).await > current[1].id);
}

pub(super) async fn keys_that_are_gone_are_deleted(fixture: Fixture) {
    let last = fixture.set("a", 1).await;
    let seen = last + LOST;
    let versions = vec![lost("gone", seen, Some(1)), lost("gone.before", seen - 1, None)];
    let recovered = fixture.store.recover(vec![fixture.remembered(versions.clone())]).await.unwrap();
    assert_eq!((recovered[0].appended, recovered[0].deleted), (0, 1));
    let current = fixture.current(last).await;
    assert_eq!(keys(&current), [("gone", false)]);
    assert!(current[0].id > seen);
    assert_eq!(fixture.store.recover(vec![fixture.remembered(versions)]).await.unwrap(), []);
    assert_eq!(keys(&fixture.current(0).await), [("a", true), ("gone", false)]);
}

pub(super) async fn lost_changes_become_drafts(fixture: Fixture) {
    for key in ["changed", "deleted", "same"] {
        fixture.set(key, 1).await;
    }
    let kept = fixture.set("kept", 1).await;
    let last = fixture.set("kept", 2).await;
    let seen = last + LOST;
    let versions = vec![
        lost("changed", seen, Some(2)),
        lost("deleted", seen - 1, None),
        lost("same", seen - 2, Some(1)),
        lost("new", seen - 3, Some(9)),
        Version { id: kept, ..lost("kept", kept, Some(1)) },
    ];
    let recovered = fixture.store.recover(vec![fixture.remembered(versions)]).await.unwrap();
    assert_eq!(recovered[0].drafts, 3);
    let drafts = fixture.drafts().await;
    let current = fixture.current(last).await;
    let id = |key: &str| current.iter().find(|version| version.key == key).map(|version| version.id);
    let value = |value: i64| Some(Config::constant("x", value).rows);
    let expected = [
        ("changed", value(2), id("changed").unwrap()),
        ("deleted", None, id("deleted").unwrap()),
        ("new", value(9), 0),
    ];
    for (draft, (key, rows, base_id)) in drafts.iter().zip(expected) {
        assert_eq!(draft.key, key);
        assert_eq!(draft.config.as_ref().map(|config| config.rows.clone()), rows, "{key}");
        assert_eq!((draft.base_id, &*draft.saved_by), (base_id, RECOVERY_ACTOR), "{key}");
        assert_eq!(draft.saved_by_person, "user 7", "the author cannot approve their own change");
        assert!(draft.comment.contains("ann@acme.test"), "{}", draft.comment);
    }
    assert_eq!(drafts.len(), 3);
}

pub(super) async fn a_recovery_keeps_an_existing_draft(fixture: Fixture) {
    let last = fixture.set("a", 1).await;
    let draft = Draft {
        key: "a".to_owned(),
        config: Some(Config::constant("a", 3)),
        base_id: last,
        comment: "mine".to_owned(),
        saved_by: "ann".to_owned(),
        saved_by_person: "1".to_owned(),
        saved_at_millis: 5,
        approved_by: None,
    };
    fixture.store.save_draft(fixture.id(), draft.clone()).await.unwrap();
    let remembered = fixture.remembered(vec![lost("a", last + LOST, Some(2))]);
    let recovered = fixture.store.recover(vec![remembered]).await.unwrap();
    assert_eq!((recovered[0].appended, recovered[0].drafts), (1, 0));
    let current = fixture.current(last).await[0].id;
    assert_eq!(fixture.drafts().await, [Draft { base_id: current, ..draft }], "it can still be published");
}

pub(super) async fn all_versions_are_appended_again_on_request(fixture: Fixture) {
    fixture.set("a", 1).await;
    fixture.set("b", 1).await;
    let last = fixture.delete("b").await;
    let remembered =
        Remembered { project: fixture.id(), last_id: last + LOST, versions: Vec::new(), heads: Heads::All };
    let recovered = fixture.store.recover(vec![remembered]).await.unwrap();
    assert_eq!((recovered[0].appended, recovered[0].drafts), (2, 0));
    let current = fixture.current(last).await;
    assert_eq!(keys(&current), [("a", true), ("b", false)]);
    assert!(current.iter().all(|version| version.id > last + LOST));
}

pub(super) async fn the_epoch_changes_once_per_recovery(fixture: Fixture) {
    let other = fixture.other_handle();
    let epoch = fixture.store.epoch().await.unwrap();
    assert_eq!(other.epoch().await.unwrap(), epoch);
    assert_eq!(fixture.store.recover(Vec::new()).await.unwrap(), []);
    let last = fixture.set("a", 1).await;
    assert_eq!(fixture.store.epoch().await.unwrap(), epoch, "a change does not start an epoch");
    let remembered = fixture.remembered(vec![lost("a", last + LOST, Some(2))]);
    fixture.store.recover(vec![remembered.clone()]).await.unwrap();
    let next = fixture.store.epoch().await.unwrap();
    assert_ne!(next, epoch);
    other.recover(vec![remembered]).await.unwrap();
    assert_eq!(other.epoch().await.unwrap(), next, "the second server finds nothing to recover");
}
