//! The clients of several servers.

use std::{sync::Arc, time::Duration};

use prefab_publish::Protocol;
use prefab_service::{
    Service,
    presence::{self, ReportMode},
};
use prefab_store::{Presence as _, Projects as _};
use prefab_testing::{eventually_async, eventually_some};

use crate::fixture::Fixture;

async fn rows(fixture: &Fixture) -> usize {
    fixture.store.present_servers().await.unwrap().len()
}

#[tokio::test]
async fn a_server_knows_the_clients_of_the_others_and_forgets_a_dead_one() {
    let fixture = Fixture::new().await;
    let other = fixture.other_service("second").await;
    let production = fixture.environment("Production");
    let channel = |service: &Service| {
        service.project_cache.project(fixture.project.id).unwrap().channel(production).unwrap()
    };
    let _sse = channel(&fixture.service).subscribers.add(Protocol::Sse, 1);
    let _grpc = [(); 2].map(|()| channel(&other).subscribers.add(Protocol::Grpc, 1));
    let follow = |service: &Arc<Service>| {
        tokio::spawn(presence::follow(Arc::clone(service), ReportMode::Always, fixture.stop.subscribe()))
    };
    let (_first, second) = (follow(&fixture.service), follow(&other));
    eventually_async("both servers count the clients of both", || {
        fixture.clock.step(Duration::from_secs(5));
        presence::all_clients(&fixture.service) == 3 && presence::all_clients(&other) == 3
    })
    .await;
    let elsewhere = fixture.service.presence.clients_elsewhere(production);
    assert_eq!(elsewhere, [("grpc".to_owned(), 2)].into());
    assert!(fixture.service.presence.clients_elsewhere(fixture.environment("Development")).is_empty());
    let others = fixture.service.presence.other_servers();
    assert_eq!((others.len(), &*others[0].name, others[0].clients), (1, "second", 2));

    second.abort();
    let _ = second.await;
    let mut seconds = 0;
    eventually_async("the dead server does not count", || {
        fixture.clock.step(Duration::from_secs(5));
        seconds += 5;
        presence::all_clients(&fixture.service) == 1
    })
    .await;
    assert!(seconds >= 30, "{seconds}");
    fixture.stop.send_replace(true);
    eventually_some("a server that stops has no report", async || (rows(&fixture).await == 0).then_some(()))
        .await;
}

#[tokio::test]
async fn a_server_alone_with_a_file_writes_nothing() {
    let fixture = Fixture::new().await;
    let follow = |service: &Arc<Service>| {
        tokio::spawn(presence::follow(Arc::clone(service), ReportMode::WithOthers, fixture.stop.subscribe()))
    };
    follow(&fixture.service);
    eventually_some("it reports its start", async || (rows(&fixture).await == 1).then_some(())).await;
    let step = async || {
        fixture.clock.step(Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for _ in 0..10 {
        step().await;
    }
    assert_eq!(rows(&fixture).await, 0, "its last report is old");
    assert!(fixture.store.registry().await.is_ok());

    let other = fixture.other_service("second").await;
    follow(&other);
    for _ in 0..10 {
        step().await;
    }
    assert_eq!(rows(&fixture).await, 2, "both report while the other one does");
}
