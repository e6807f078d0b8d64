//! How clients recover after the database went back to an older state.

use std::{sync::Arc, time::Duration};

use prefab_core::Config;
use prefab_service::project_cache::Caller;
use prefab_store::{ConfigLog as _, Drafts as _, Recovery as _, key::KeyKind};
use prefab_testing::eventually_async;

use crate::fixture::Fixture;

impl Fixture {
    /// Puts the database back to the state after this version, as a restore under a running server does.
    async fn go_back_to(&self, id: i64) {
        let sql = format!(
            "BEGIN;
             DELETE FROM config_version WHERE id > {id};
             DELETE FROM config_head;
             INSERT INTO config_head SELECT project_id, key, max(id) FROM config_version GROUP BY 1, 2;
             UPDATE project SET last_id = {id};
             COMMIT;"
        );
        self.store.execute_batch(sql).await.unwrap();
    }

    async fn caller(&self, kind: KeyKind) -> Caller {
        let key = self.issue_key().await;
        Caller { kind, ..self.service.project_cache.caller(&key.key).await.unwrap() }
    }

    fn ids(&self) -> Vec<i64> {
        self.project.configs().values().map(|version| version.id).collect()
    }
}

#[tokio::test]
async fn clients_receive_the_current_versions_of_a_database_that_went_back() {
    let fixture = Fixture::new().await;
    fixture.put(Config::constant("a", 1)).await.unwrap();
    let kept = fixture.put(Config::constant("same", 1)).await.unwrap();
    fixture.clock.step(Duration::from_secs(1));
    fixture.put(Config { id: fixture.config("a").unwrap().id, ..Config::constant("a", 2) }).await.unwrap();
    let seen = fixture.put(Config::constant("new", 2)).await.unwrap();
    let epoch = fixture.store.epoch().await.unwrap();

    fixture.go_back_to(kept).await;
    fixture.service.project_cache.refresh().await.unwrap();
    assert_eq!(fixture.config("a").unwrap().rows, Config::constant("a", 1).rows);
    assert!(fixture.config("a").unwrap().id > seen);
    assert_eq!(fixture.config("same").unwrap().id, kept, "an unchanged config is not sent again");
    assert_eq!(fixture.config("new"), None);
    let snapshot = fixture.project.channel(fixture.environment("Production")).unwrap().snapshot();
    assert_eq!(snapshot.last_id, fixture.project.published_id());
    let drafts = fixture.store.drafts(fixture.project.id).await.unwrap();
    let keys: Vec<_> = drafts.iter().map(|draft| &*draft.key).collect();
    assert_eq!(keys, ["a", "new"]);
    assert_eq!(fixture.project.drafts().borrow().len(), 2);
    let after = fixture.store.epoch().await.unwrap();
    assert_ne!(after, epoch);

    let published = fixture.project.published_id();
    fixture.service.project_cache.refresh().await.unwrap();
    assert_eq!((fixture.project.published_id(), fixture.store.epoch().await.unwrap()), (published, after));
}

#[tokio::test]
async fn a_database_that_went_back_and_on_is_noticed() {
    let fixture = Fixture::new().await;
    let kept = fixture.put(Config::constant("a", 1)).await.unwrap();
    fixture.clock.step(Duration::from_secs(1));
    let seen = fixture.put(Config::constant("lost", 2)).await.unwrap();
    fixture.go_back_to(kept).await;
    fixture.clock.step(Duration::from_secs(1));
    // Another server, which has not seen the lost version, appends a newer one.
    let actor = fixture.person(prefab_store::Role::Admin);
    let change = prefab_store::Change {
        key: "b".to_owned(),
        config: Some(Config::constant("b", 1)),
        expected: prefab_store::Expected::Absent,
        changed_by: actor.changed_by,
        note: None,
    };
    let appended = fixture.store.append(fixture.project.id, vec![change]).await.unwrap();
    assert!(appended.after < seen && appended.ids()[0] > seen);
    fixture.service.project_cache.refresh().await.unwrap();
    assert_eq!(fixture.config("lost"), None);
    assert!(fixture.config("b").is_some());
}

#[tokio::test]
async fn a_client_with_a_newer_id_causes_one_recovery() {
    let fixture = Fixture::new().await;
    let cache = &fixture.service.project_cache;
    fixture.put(Config::constant("a", 1)).await.unwrap();
    let now = fixture.clock.now_micros();
    let before = fixture.ids();
    let (frontend, backend) =
        (fixture.caller(KeyKind::Frontend).await, fixture.caller(KeyKind::Backend).await);
    let minute = 60_000_000;
    cache.check_cursor(&frontend, now + minute);
    cache.check_cursor(&backend, now + 6 * minute);
    cache.check_cursor(&backend, before[0]);
    tokio::task::yield_now().await;
    fixture.service.project_cache.refresh().await.unwrap();
    assert_eq!(fixture.ids(), before, "public keys and impossible ids are ignored");

    cache.check_cursor(&backend, now + minute);
    eventually_async("the config is appended again", || fixture.ids()[0] > now + minute).await;
    let again = fixture.ids();
    cache.check_cursor(&backend, now + 2 * minute);
    let project = Arc::clone(&fixture.project);
    fixture.put(Config::constant("b", 1)).await.unwrap();
    assert_eq!(project.config("a").unwrap().id, again[0], "at most once");
}

#[tokio::test]
async fn clients_cause_no_recovery_an_hour_after_the_start() {
    let fixture = Fixture::new().await;
    let cache = &fixture.service.project_cache;
    fixture.put(Config::constant("a", 1)).await.unwrap();
    let backend = fixture.caller(KeyKind::Backend).await;
    let (before, started) = (fixture.ids(), fixture.clock.now_micros());
    fixture.clock.step(std::time::Duration::from_secs(3_601));
    cache.check_cursor(&backend, started + 60_000_000);
    cache.check_cursor(&backend, fixture.clock.now_micros());
    tokio::task::yield_now().await;
    cache.refresh().await.unwrap();
    assert_eq!(fixture.ids(), before);
}
