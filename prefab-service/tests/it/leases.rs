//! Work that one of two services does at a time.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use prefab_core::Config;
use prefab_service::{
    change::{ChangeRequest, Edit, Policy},
    personal_overrides, scheduled_removals,
};
use prefab_store::{Leases as _, Role, RuleTarget, ScheduledRemovals as _, TimedRule};
use prefab_testing::{eventually_async, eventually_some};

use crate::fixture::{Fixture, START_MILLIS};

#[tokio::test]
async fn work_runs_once_and_continues_when_its_owner_dies() {
    let fixture = Fixture::new().await;
    let other = fixture.other_service("second").await;
    let (started, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let first = fixture.service.lease("work");
    let owner = tokio::spawn({
        let started = Arc::clone(&started);
        async move {
            let work = async {
                started.fetch_add(1, Ordering::Relaxed);
                pending().await
            };
            first.run(work).await
        }
    });
    eventually_async("the first service works", || started.load(Ordering::Relaxed) == 1).await;
    let second = other.lease("work");
    let work = async || {
        let work = async {
            done.fetch_add(1, Ordering::Relaxed);
            Duration::from_secs(60)
        };
        second.run(work).await.unwrap()
    };
    assert!(!work().await);
    for _ in 0..10 {
        // The owner renews its lease while it works, also for longer than the lease lasts.
        fixture.clock.step(Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!work().await);
    }
    owner.abort();
    let _ = owner.await;
    assert!(!work().await, "the lease of the dead owner has not ended");
    fixture.clock.step(Duration::from_secs(30));
    assert!(work().await);
    assert!(!work().await, "the work is done for a minute");
    assert_eq!(done.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_scheduled_removal_waits_for_the_lease_of_a_dead_server() {
    let fixture = Fixture::new().await;
    let other = fixture.other_service("second").await;
    let key = "checkout.timeout";
    let id = fixture.put(Config::constant(key, 30)).await.unwrap();
    let before = Config { id, ..fixture.config(key).unwrap() };
    let production = fixture.environment("Production");
    let mut config = before.clone();
    personal_overrides::assign(&mut config, production, "7", 60.into());
    let rule = TimedRule {
        project: fixture.project.id,
        key: key.to_owned(),
        environment: Some(production),
        target: RuleTarget::User("7".to_owned()),
    };
    let request = ChangeRequest::new(Edit::put(config))
        .with_policy(Policy::PERSONAL_OVERRIDE)
        .with_removal(rule, Some(START_MILLIS + 1_000));
    fixture.service.apply(&fixture.person(Role::Editor), request).await.unwrap();
    fixture.clock.step(Duration::from_secs(2));
    let lease = ("scheduled-removals".to_owned(), "dead:1".to_owned());
    assert!(fixture.store.acquire_lease(lease.0, lease.1, Duration::from_secs(30)).await.unwrap());
    for service in [Arc::clone(&fixture.service), other] {
        tokio::spawn(scheduled_removals::follow(service, fixture.stop.subscribe()));
    }
    for _ in 0..29 {
        fixture.clock.step(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(fixture.store.scheduled_removals(fixture.project.id).await.unwrap().len(), 1);
    let current = async || {
        fixture.project.sync(&*fixture.store, &fixture.service.workers).await.unwrap();
        fixture.config(key).unwrap().rows
    };
    assert_ne!(current().await, before.rows);
    // The clock runs ahead of a busy machine, so the removal may be cancelled after it was stored.
    eventually_some("a living server removes the override", async || {
        fixture.clock.step(Duration::from_millis(500));
        (current().await == before.rows).then_some(())
    })
    .await;
    let history = prefab_store::ConfigLog::history(&*fixture.store, fixture.project.id, key.to_owned(), 10);
    assert_eq!(history.await.unwrap().len(), 3, "it is removed once");
}
