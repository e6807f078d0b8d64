use std::slice;

use prefab_core::ids::EnvironmentId;

use super::fixture::Fixture;
use crate::{RuleTarget, ScheduledRemoval, TimedRule};

fn removal(fixture: &Fixture, user: &str, at_millis: i64) -> ScheduledRemoval {
    let rule = TimedRule {
        project: fixture.id(),
        key: "a".to_owned(),
        environment: Some(fixture.production()),
        target: RuleTarget::User(user.to_owned()),
    };
    ScheduledRemoval { rule, at_millis, set_by: "ann".to_owned() }
}

async fn schedule(fixture: &Fixture, removals: &[ScheduledRemoval]) {
    for removal in removals {
        fixture.store.schedule_removal(removal.clone()).await.unwrap();
    }
}

pub(super) async fn a_removal_is_due_at_its_time(fixture: Fixture) {
    let (late, early) = (removal(&fixture, "1", 5_000), removal(&fixture, "2", 4_000));
    schedule(&fixture, &[late.clone(), early.clone()]).await;
    let other = fixture.other_handle();
    assert_eq!(other.due_removals(3_999).await.unwrap(), []);
    assert_eq!(other.due_removals(4_000).await.unwrap(), slice::from_ref(&early));
    assert_eq!(other.due_removals(5_000).await.unwrap(), [early.clone(), late.clone()]);
    assert_eq!(other.scheduled_removals(fixture.id()).await.unwrap(), [early, late]);
}

pub(super) async fn a_rule_has_one_removal_at_most(fixture: Fixture) {
    schedule(&fixture, &[removal(&fixture, "1", 5_000), removal(&fixture, "1", 6_000)]).await;
    assert_eq!(
        fixture.store.scheduled_removals(fixture.id()).await.unwrap(),
        [removal(&fixture, "1", 6_000)]
    );
}

pub(super) async fn a_cancelled_removal_is_never_due(fixture: Fixture) {
    schedule(&fixture, &[removal(&fixture, "1", 5_000), removal(&fixture, "2", 5_000)]).await;
    fixture.store.cancel_removal(removal(&fixture, "1", 5_000).rule).await.unwrap();
    fixture.store.cancel_removal(removal(&fixture, "3", 5_000).rule).await.unwrap();
    assert_eq!(fixture.store.due_removals(9_000).await.unwrap(), [removal(&fixture, "2", 5_000)]);
}

pub(super) async fn a_completed_removal_leaves_a_later_one_in_place(fixture: Fixture) {
    let (due, later) = (removal(&fixture, "1", 5_000), removal(&fixture, "1", 9_000));
    schedule(&fixture, &[due.clone(), later.clone()]).await;
    fixture.store.complete_removal(due).await.unwrap();
    assert_eq!(fixture.store.scheduled_removals(fixture.id()).await.unwrap(), slice::from_ref(&later));
    fixture.store.complete_removal(later).await.unwrap();
    assert_eq!(fixture.store.scheduled_removals(fixture.id()).await.unwrap(), []);
}

pub(super) async fn every_target_is_returned_as_it_was_scheduled(fixture: Fixture) {
    let targets = [
        RuleTarget::User("a \"quoted\" name".to_owned()),
        RuleTarget::Property("user.email".to_owned(), vec!["a,b".to_owned(), String::new()]),
        RuleTarget::Segment("beta".to_owned()),
        RuleTarget::Everyone,
    ];
    let mut expected = Vec::new();
    for (at, target) in (1..).zip(targets) {
        let environment: Option<EnvironmentId> = (at % 2 == 0).then(|| fixture.production());
        let rule = TimedRule { environment, target, ..removal(&fixture, "", 0).rule };
        expected.push(ScheduledRemoval { rule, ..removal(&fixture, "", at) });
    }
    schedule(&fixture, &expected).await;
    assert_eq!(fixture.store.scheduled_removals(fixture.id()).await.unwrap(), expected);
}
