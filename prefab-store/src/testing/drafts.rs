use prefab_core::Config;

use super::fixture::Fixture;
use crate::{Draft, DraftMark};

fn draft(key: &str, at_millis: i64) -> Draft {
    Draft {
        key: key.to_owned(),
        config: Some(Config { tags: vec!["one".to_owned()], ..Config::constant(key, at_millis) }),
        base_id: 5,
        comment: "why".to_owned(),
        saved_by: "ann".to_owned(),
        saved_by_person: "1".to_owned(),
        saved_at_millis: at_millis,
        approved_by: None,
    }
}

pub(super) async fn a_key_has_one_draft_at_most(fixture: Fixture) {
    let other = fixture.other_handle();
    let archive = Draft { config: None, ..draft("b", 1) };
    let newer = draft("a", 2);
    for saved in [archive.clone(), draft("a", 1), newer.clone()] {
        fixture.store.save_draft(fixture.id(), saved).await.unwrap();
    }
    assert_eq!(other.drafts(fixture.id()).await.unwrap(), [newer, archive], "by key");
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    assert_eq!(other.drafts(second.id).await.unwrap(), []);
}

pub(super) async fn an_approval_is_for_the_draft_that_was_seen(fixture: Fixture) {
    let approve = async |draft: Draft| {
        fixture.store.approve_draft(fixture.id(), draft, "bob".to_owned()).await.unwrap()
    };
    fixture.store.save_draft(fixture.id(), draft("a", 1)).await.unwrap();
    assert!(approve(draft("a", 1)).await);
    assert_eq!(fixture.store.drafts(fixture.id()).await.unwrap()[0].approved_by.as_deref(), Some("bob"));
    fixture.store.save_draft(fixture.id(), draft("a", 2)).await.unwrap();
    assert!(!approve(draft("a", 1)).await);
    assert!(!approve(Draft { saved_by: "eve".to_owned(), ..draft("a", 2) }).await);
    assert!(!approve(draft("b", 2)).await);
    let mark =
        DraftMark { key: "a".to_owned(), saved_by: "ann".to_owned(), saved_at_millis: 2, approved_by: None };
    assert_eq!(fixture.store.draft_marks(fixture.id()).await.unwrap(), [mark], "a new draft has no approval");
}

pub(super) async fn a_discarded_draft_is_gone(fixture: Fixture) {
    fixture.store.save_draft(fixture.id(), draft("a", 1)).await.unwrap();
    assert!(fixture.store.discard_draft(fixture.id(), "a".to_owned()).await.unwrap());
    assert!(!fixture.store.discard_draft(fixture.id(), "a".to_owned()).await.unwrap());
    assert_eq!(fixture.store.drafts(fixture.id()).await.unwrap(), []);
    assert_eq!(fixture.store.draft_marks(fixture.id()).await.unwrap(), []);
}
