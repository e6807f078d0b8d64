use prefab_core::ids::EnvironmentId;

use super::fixture::Fixture;
use crate::{
    KeyDetails, KeyRequest, NewKey, StoreError,
    key::{KeyHash, KeyKind, parse_id},
};

fn request(fixture: &Fixture) -> KeyRequest {
    let user_id = Some("ann".to_owned());
    KeyRequest { project: fixture.id(), environment: fixture.production(), kind: KeyKind::Frontend, user_id }
}

fn named(fixture: &Fixture, expires_at_millis: Option<i64>) -> NewKey {
    NewKey {
        project: fixture.id(),
        environment: fixture.production(),
        kind: KeyKind::Backend,
        user_id: None,
        name: "ci".to_owned(),
        created_by: "ann".to_owned(),
        created_by_person: Some(7),
        expires_at_millis,
    }
}

async fn details(fixture: &Fixture) -> KeyDetails {
    fixture.other_handle().keys(fixture.id()).await.unwrap().remove(0)
}

pub(super) async fn a_key_is_stored_as_its_hash(fixture: Fixture) {
    let issued = fixture.store.issue_key(request(&fixture)).await.unwrap();
    assert_eq!((parse_id(&issued.key), &*issued.environment), (Some(issued.id), "Production"));
    let key = fixture.other_handle().registry().await.unwrap().keys.remove(0);
    assert!(key.hash.matches(&KeyHash::of(&issued.key)) && !key.revoked);
    assert_eq!((key.id, key.project, key.environment), (issued.id, fixture.id(), fixture.production()));
    assert_eq!((key.kind, key.user_id.as_deref()), (KeyKind::Frontend, Some("ann")));
    let second = fixture.store.issue_key(request(&fixture)).await.unwrap();
    assert!(second.id > issued.id && second.key != issued.key);
}

pub(super) async fn a_key_is_revoked_once(fixture: Fixture) {
    let issued = fixture.store.issue_key(request(&fixture)).await.unwrap();
    fixture.step(1_000);
    assert!(fixture.store.revoke_key(issued.id).await.unwrap());
    let revoked_at = Some(fixture.now());
    fixture.step(1_000);
    assert!(!fixture.store.revoke_key(issued.id).await.unwrap());
    assert!(!fixture.store.revoke_key(issued.id + 1).await.unwrap());
    assert!(fixture.store.registry().await.unwrap().keys[0].revoked);
    assert_eq!(details(&fixture).await.revoked_at_millis, revoked_at);
}

pub(super) async fn a_key_of_an_unknown_environment_is_not_issued(fixture: Fixture) {
    let unknown =
        KeyRequest { environment: EnvironmentId(fixture.production().0 + 100), ..request(&fixture) };
    let second = fixture.store.create_project("second".to_owned(), vec!["Test".to_owned()]).await.unwrap();
    let elsewhere = KeyRequest { environment: second.environments[0].id, ..request(&fixture) };
    for request in [unknown, elsewhere] {
        let error = fixture.store.issue_key(request).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownProject(_)), "{error}");
    }
    assert_eq!(fixture.store.keys(fixture.id()).await.unwrap(), []);
}

pub(super) async fn a_named_key_is_listed_with_its_details(fixture: Fixture) {
    let ends = Some(fixture.now() + 60_000);
    let issued = fixture.store.issue_named_key(named(&fixture, ends)).await.unwrap();
    let expected = KeyDetails {
        id: issued.id,
        environment: fixture.production(),
        kind: KeyKind::Backend,
        name: "ci".to_owned(),
        user_id: None,
        created_by: "ann".to_owned(),
        created_by_person: Some(7),
        created_at_millis: fixture.now(),
        last_used_at_millis: None,
        expires_at_millis: ends,
        revoked_at_millis: None,
    };
    assert_eq!(details(&fixture).await, expected);
    let stored = fixture.store.registry().await.unwrap().keys.remove(0);
    assert_eq!((&*stored.name, stored.expires_at_millis), ("ci", ends));
}

pub(super) async fn an_expired_key_cannot_be_given_a_later_end(fixture: Fixture) {
    let id = fixture.store.issue_named_key(named(&fixture, None)).await.unwrap().id;
    let end = fixture.now() + 1_000;
    assert!(fixture.store.expire_key(id, end).await.unwrap());
    fixture.step(1_000);
    assert!(!fixture.store.expire_key(id, end + 60_000).await.unwrap());
    assert_eq!(details(&fixture).await.expires_at_millis, Some(end));
}

pub(super) async fn the_last_use_of_a_key_never_goes_back(fixture: Fixture) {
    let id = fixture.store.issue_named_key(named(&fixture, None)).await.unwrap().id;
    fixture.store.record_key_usage(vec![(id, 5_000), (id, 4_000)]).await.unwrap();
    fixture.store.record_key_usage(vec![(id, 3_000), (id + 1, 9_000)]).await.unwrap();
    assert_eq!(details(&fixture).await.last_used_at_millis, Some(5_000));
}
