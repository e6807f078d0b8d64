//! What a store reports when a standby replaces the primary.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use prefab_store::Recovery as _;
use prefab_store_postgres::{PostgresOptions, PostgresStore};
use prefab_testing::{eventually_some, postgres::Postgres};

#[tokio::test(flavor = "multi_thread")]
async fn the_server_identity_changes_when_a_standby_is_promoted() {
    let Some(mut primary) = Postgres::start() else { return };
    let standby = primary.standby();
    let url = primary.url_with(&standby);
    let store = PostgresStore::open(PostgresOptions::new(url.parse().unwrap())).await.unwrap();
    let before = store.server_identity().await.unwrap().unwrap();
    primary.restart();
    let identity = async || store.server_identity().await.ok().flatten();
    assert_eq!(eventually_some("the primary answers again", identity).await, before);

    primary.wait_for_standby();
    primary.kill();
    standby.promote();
    let after = eventually_some("the standby answers", identity).await;
    let (system, timeline) = before.split_once('/').unwrap();
    assert!(after.starts_with(system) && !after.ends_with(timeline), "{before} {after}");
}
