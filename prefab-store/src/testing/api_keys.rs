use prefab_core::ids::EnvironmentId;

use super::bed::Bed;
use crate::{
    KeyDetails, KeyRequest, NewKey, StoreError,
    key::{KeyHash, KeyKind, id_of},
};

fn request(bed: &Bed) -> KeyRequest {
    let user_id = Some("ann".to_owned());
    KeyRequest { project: bed.id(), environment: bed.production(), kind: KeyKind::Frontend, user_id }
}

fn named(bed: &Bed, expires_at_millis: Option<i64>) -> NewKey {
    NewKey {
        project: bed.id(),
        environment: bed.production(),
        kind: KeyKind::Backend,
        user_id: None,
        name: "ci".to_owned(),
        created_by: "ann".to_owned(),
        expires_at_millis,
    }
}

async fn details(bed: &Bed) -> KeyDetails {
    bed.other_handle().keys(bed.id()).await.unwrap().remove(0)
}

pub(super) async fn a_key_is_stored_as_its_hash(bed: Bed) {
    let issued = bed.store.issue_key(request(&bed)).await.unwrap();
    assert_eq!((id_of(&issued.key), &*issued.environment), (Some(issued.id), "Production"));
    let key = bed.other_handle().registry().await.unwrap().keys.remove(0);
    assert!(key.hash.matches(&KeyHash::of(&issued.key)) && !key.revoked);
    assert_eq!((key.id, key.project, key.environment), (issued.id, bed.id(), bed.production()));
    assert_eq!((key.kind, key.user_id.as_deref()), (KeyKind::Frontend, Some("ann")));
    let second = bed.store.issue_key(request(&bed)).await.unwrap();
    assert!(second.id > issued.id && second.key != issued.key);
}

pub(super) async fn a_key_is_revoked_once(bed: Bed) {
    let issued = bed.store.issue_key(request(&bed)).await.unwrap();
    bed.step(1_000);
    assert!(bed.store.revoke_key(issued.id).await.unwrap());
    let revoked_at = Some(bed.now());
    bed.step(1_000);
    assert!(!bed.store.revoke_key(issued.id).await.unwrap());
    assert!(!bed.store.revoke_key(issued.id + 1).await.unwrap());
    assert!(bed.store.registry().await.unwrap().keys[0].revoked);
    assert_eq!(details(&bed).await.revoked_at_millis, revoked_at);
}

pub(super) async fn a_key_of_an_unknown_environment_is_not_issued(bed: Bed) {
    let unknown = KeyRequest { environment: EnvironmentId(bed.production().0 + 100), ..request(&bed) };
    let second = bed.store.create_project("second".to_owned(), vec!["Test".to_owned()]).await.unwrap();
    let elsewhere = KeyRequest { environment: second.environments[0].id, ..request(&bed) };
    for request in [unknown, elsewhere] {
        let error = bed.store.issue_key(request).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownProject(_)), "{error}");
    }
    assert_eq!(bed.store.keys(bed.id()).await.unwrap(), []);
}

pub(super) async fn a_named_key_is_listed_with_its_details(bed: Bed) {
    let ends = Some(bed.now() + 60_000);
    let issued = bed.store.issue_named_key(named(&bed, ends)).await.unwrap();
    let expected = KeyDetails {
        id: issued.id,
        environment: bed.production(),
        kind: KeyKind::Backend,
        name: "ci".to_owned(),
        user_id: None,
        created_by: "ann".to_owned(),
        created_at_millis: bed.now(),
        last_used_at_millis: None,
        expires_at_millis: ends,
        revoked_at_millis: None,
    };
    assert_eq!(details(&bed).await, expected);
    let stored = bed.store.registry().await.unwrap().keys.remove(0);
    assert_eq!((&*stored.name, stored.expires_at_millis), ("ci", ends));
}

pub(super) async fn an_expired_key_cannot_be_given_a_later_end(bed: Bed) {
    let id = bed.store.issue_named_key(named(&bed, None)).await.unwrap().id;
    let end = bed.now() + 1_000;
    assert!(bed.store.expire_key(id, end).await.unwrap());
    bed.step(1_000);
    assert!(!bed.store.expire_key(id, end + 60_000).await.unwrap());
    assert_eq!(details(&bed).await.expires_at_millis, Some(end));
}

pub(super) async fn the_last_use_of_a_key_never_goes_back(bed: Bed) {
    let id = bed.store.issue_named_key(named(&bed, None)).await.unwrap().id;
    bed.store.used_keys(vec![(id, 5_000), (id, 4_000)]).await.unwrap();
    bed.store.used_keys(vec![(id, 3_000), (id + 1, 9_000)]).await.unwrap();
    assert_eq!(details(&bed).await.last_used_at_millis, Some(5_000));
}
