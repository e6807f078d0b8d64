use std::time::Duration;

use prefab_core::Config;

use super::fixture::Fixture;
use crate::{Draft, KeyRequest, StoreChanges, StoreWatch, key::KeyKind};

/// Maximum time until a notification arrives.
const NOTIFIED: Duration = Duration::from_secs(20);

async fn changed(watch: &mut StoreWatch) -> StoreChanges {
    tokio::time::timeout(NOTIFIED, watch.changed()).await.unwrap().unwrap()
}

pub(super) async fn every_handle_is_notified_of_a_change(fixture: Fixture) {
    let other = fixture.other_handle();
    let (mut ours, mut theirs) = (fixture.store.watch(), other.watch());
    let id = fixture.set("a", 1).await;
    for watch in [&mut ours, &mut theirs] {
        let changes = changed(watch).await;
        assert!(changes.is_unknown || changes.configs.contains_key(&fixture.id()), "{changes:?}");
    }
    assert_eq!(other.since(fixture.id(), id - 1).await.unwrap()[0].id, id);
}

pub(super) async fn a_notification_names_what_changed(fixture: Fixture) {
    let project = fixture.id();
    let mut watch = fixture.store.watch();
    let id = fixture.set("a", 1).await;
    let expected = StoreChanges { configs: [(project, id)].into(), ..StoreChanges::default() };
    assert_eq!(changed(&mut watch).await, expected);

    let draft = Draft {
        key: "a".to_owned(),
        config: Some(Config::constant("a", 2)),
        base_id: id,
        comment: String::new(),
        saved_by: "ann".to_owned(),
        saved_by_person: "1".to_owned(),
        saved_at_millis: 5,
        approved_by: None,
    };
    let drafts = StoreChanges { drafts: [project].into(), ..StoreChanges::default() };
    fixture.store.save_draft(project, draft.clone()).await.unwrap();
    assert_eq!(changed(&mut watch).await, drafts);
    fixture.store.approve_draft(project, draft, "bob".to_owned()).await.unwrap();
    assert_eq!(changed(&mut watch).await, drafts);
    fixture.store.discard_draft(project, "a".to_owned()).await.unwrap();
    assert_eq!(changed(&mut watch).await, drafts);

    let registry = StoreChanges { registry: true, ..StoreChanges::default() };
    let environment = fixture.development();
    let request = KeyRequest { project, environment, kind: KeyKind::Backend, user_id: None };
    let key = fixture.store.issue_key(request).await.unwrap();
    assert_eq!(changed(&mut watch).await, registry);
    fixture.store.revoke_key(key.id).await.unwrap();
    assert_eq!(changed(&mut watch).await, registry);
    fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    assert_eq!(changed(&mut watch).await, registry);
}

pub(super) async fn usage_does_not_notify(fixture: Fixture) {
    let environment = fixture.development();
    let request = KeyRequest { project: fixture.id(), environment, kind: KeyKind::Backend, user_id: None };
    let key = fixture.store.issue_key(request).await.unwrap();
    let mut watch = fixture.store.watch();
    fixture.store.record_key_usage(vec![(key.id, fixture.now())]).await.unwrap();
    fixture.store.record_audit(Vec::new()).await.unwrap();
    assert_eq!(watch.pending(), StoreChanges::default());
}

pub(super) async fn a_handle_answers_a_ping_and_has_a_size(fixture: Fixture) {
    fixture.store.ping().await.unwrap();
    assert!(fixture.store.size().await.unwrap() > 0);
}
