use std::slice;

use prefab_core::ids::EnvironmentId;

use super::bed::Bed;
use crate::{Expiry, Target, TimedRule};

fn removal(bed: &Bed, user: &str, at_millis: i64) -> Expiry {
    let rule = TimedRule {
        project: bed.id(),
        key: "a".to_owned(),
        environment: Some(bed.production()),
        target: Target::Person(user.to_owned()),
    };
    Expiry { rule, at_millis, set_by: "ann".to_owned() }
}

async fn schedule(bed: &Bed, removals: &[Expiry]) {
    for removal in removals {
        bed.store.schedule_removal(removal.clone()).await.unwrap();
    }
}

pub(super) async fn a_removal_is_due_at_its_time(bed: Bed) {
    let (late, early) = (removal(&bed, "1", 5_000), removal(&bed, "2", 4_000));
    schedule(&bed, &[late.clone(), early.clone()]).await;
    let other = bed.other_handle();
    assert_eq!(other.due_removals(3_999).await.unwrap(), []);
    assert_eq!(other.due_removals(4_000).await.unwrap(), slice::from_ref(&early));
    assert_eq!(other.due_removals(5_000).await.unwrap(), [early.clone(), late.clone()]);
    assert_eq!(other.scheduled_removals(bed.id()).await.unwrap(), [early, late]);
}

pub(super) async fn a_rule_has_one_removal_at_most(bed: Bed) {
    schedule(&bed, &[removal(&bed, "1", 5_000), removal(&bed, "1", 6_000)]).await;
    assert_eq!(bed.store.scheduled_removals(bed.id()).await.unwrap(), [removal(&bed, "1", 6_000)]);
}

pub(super) async fn a_cancelled_removal_is_never_due(bed: Bed) {
    schedule(&bed, &[removal(&bed, "1", 5_000), removal(&bed, "2", 5_000)]).await;
    bed.store.cancel_removal(removal(&bed, "1", 5_000).rule).await.unwrap();
    bed.store.cancel_removal(removal(&bed, "3", 5_000).rule).await.unwrap();
    assert_eq!(bed.store.due_removals(9_000).await.unwrap(), [removal(&bed, "2", 5_000)]);
}

pub(super) async fn a_completed_removal_leaves_a_later_one_in_place(bed: Bed) {
    let (due, later) = (removal(&bed, "1", 5_000), removal(&bed, "1", 9_000));
    schedule(&bed, &[due.clone(), later.clone()]).await;
    bed.store.complete_removal(due).await.unwrap();
    assert_eq!(bed.store.scheduled_removals(bed.id()).await.unwrap(), slice::from_ref(&later));
    bed.store.complete_removal(later).await.unwrap();
    assert_eq!(bed.store.scheduled_removals(bed.id()).await.unwrap(), []);
}

pub(super) async fn every_target_is_returned_as_it_was_scheduled(bed: Bed) {
    let targets = [
        Target::Person("a \"quoted\" name".to_owned()),
        Target::Property("user.email".to_owned(), vec!["a,b".to_owned(), String::new()]),
        Target::Segment("beta".to_owned()),
        Target::Everybody,
    ];
    let mut expected = Vec::new();
    for (at, target) in (1..).zip(targets) {
        let environment: Option<EnvironmentId> = (at % 2 == 0).then(|| bed.production());
        let rule = TimedRule { environment, target, ..removal(&bed, "", 0).rule };
        expected.push(Expiry { rule, ..removal(&bed, "", at) });
    }
    schedule(&bed, &expected).await;
    assert_eq!(bed.store.scheduled_removals(bed.id()).await.unwrap(), expected);
}
