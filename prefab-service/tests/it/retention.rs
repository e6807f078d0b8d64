//! Deletion of old rows.

use std::{sync::Arc, time::Duration};

use prefab_core::Config;
use prefab_service::retention::Retention;
use prefab_store::{AuditFilter, AuditLog as _};
use prefab_store_sqlite::SqliteStore;
use prefab_testing::eventually_some;

use crate::fixture::Fixture;

#[tokio::test]
async fn audit_entries_are_deleted_after_their_number_of_days() {
    let fixture = Fixture::new().await;
    fixture.put(Config::constant("old", 1)).await.unwrap();
    let subjects = async || {
        let entries = fixture.store.audit(AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap();
        entries.into_iter().map(|record| record.entry.subject).collect::<Vec<_>>()
    };
    fixture.clock.step(Duration::from_secs(29 * 86_400));
    fixture.put(Config::constant("new", 1)).await.unwrap();
    let retention = Retention { evaluations_days: 30, audit_days: Some(30) };
    let (store, clock) = (Arc::<SqliteStore>::clone(&fixture.store), fixture.clock.clone());
    let lease = fixture.service.lease("retention");
    tokio::spawn(retention.follow(store, clock, lease, fixture.stop.subscribe()));
    assert_eq!(subjects().await, ["new", "old"]);
    fixture.clock.step(Duration::from_secs(2 * 86_400));
    let left = eventually_some("the old entry is deleted", async || {
        fixture.clock.step(Duration::from_secs(60));
        Some(subjects().await).filter(|subjects| subjects.len() == 1)
    });
    assert_eq!(left.await, ["new"]);
}
