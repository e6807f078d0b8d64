//! Rules that are set for a limited time.

use std::{sync::Arc, time::Duration};

use prefab_core::Config;
use prefab_service::{
    change::{ChangeRequest, Edit, Policy},
    personal_overrides, scheduled_removals,
};
use prefab_store::{Role, RuleTarget, ScheduledRemovals as _, TimedRule};
use prefab_testing::eventually_async;

use crate::fixture::{Fixture, START_MILLIS};

const KEY: &str = "checkout.timeout";

/// Sets an override that is removed after a minute, or not at all.
async fn set_override(fixture: &Fixture, config: &Config, remove_at_millis: Option<i64>) {
    let production = fixture.environment("Production");
    let mut config = config.clone();
    personal_overrides::assign(&mut config, production, "7", 60.into());
    let rule = TimedRule {
        project: fixture.project.id,
        key: KEY.to_owned(),
        environment: Some(production),
        target: RuleTarget::User("7".to_owned()),
    };
    let request = ChangeRequest::new(Edit::put(config))
        .with_policy(Policy::PERSONAL_OVERRIDE)
        .with_removal(rule, remove_at_millis);
    fixture.service.apply(&fixture.person(Role::Editor), request).await.unwrap();
}

#[tokio::test]
async fn an_override_is_removed_when_the_clock_reaches_its_end() {
    let fixture = Fixture::new().await;
    let id = fixture.put(Config::constant(KEY, 30)).await.unwrap();
    let before = Config { id, ..fixture.config(KEY).unwrap() };
    set_override(&fixture, &before, Some(START_MILLIS + 60_000)).await;
    tokio::spawn(scheduled_removals::follow(Arc::clone(&fixture.service), fixture.stop.subscribe()));
    fixture.clock.step(Duration::from_secs(59));
    assert_ne!(fixture.config(KEY).unwrap().rows, before.rows);
    fixture.clock.step(Duration::from_secs(1));
    eventually_async("the override is removed", || {
        fixture.clock.step(Duration::from_millis(500));
        fixture.config(KEY).unwrap().rows == before.rows
    })
    .await;
    let history = prefab_store::ConfigLog::history(&*fixture.store, fixture.project.id, KEY.to_owned(), 1);
    assert_eq!(history.await.unwrap()[0].changed_by.user_identity, "expiry");
}

#[tokio::test]
async fn an_override_without_an_end_cancels_the_scheduled_removal() {
    let fixture = Fixture::new().await;
    fixture.put(Config::constant(KEY, 30)).await.unwrap();
    let scheduled = async || fixture.store.scheduled_removals(fixture.project.id).await.unwrap().len();
    set_override(&fixture, &fixture.config(KEY).unwrap(), Some(START_MILLIS + 60_000)).await;
    assert_eq!(scheduled().await, 1);
    set_override(&fixture, &fixture.config(KEY).unwrap(), None).await;
    assert_eq!(scheduled().await, 0);
}
