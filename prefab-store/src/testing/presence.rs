use prefab_core::ids::EnvironmentId;

use super::fixture::Fixture;
use crate::{ConnectedClients, PresentServer, Store};

fn clients(fixture: &Fixture, environment: EnvironmentId, kind: &str, count: u32) -> ConnectedClients {
    ConnectedClients { project: fixture.id(), environment, kind: kind.to_owned(), count }
}

async fn present(store: &dyn Store) -> Vec<PresentServer> {
    store.present_servers().await.unwrap()
}

pub(super) async fn clients_of_all_servers_are_listed(fixture: Fixture) {
    assert_eq!(present(&*fixture.store).await, []);
    let other = fixture.other_handle();
    let first = vec![
        clients(&fixture, fixture.development(), "sse", 3),
        clients(&fixture, fixture.production(), "grpc", 1),
        clients(&fixture, fixture.production(), "sse", 2),
    ];
    fixture.store.report_presence("b".to_owned(), first.clone()).await.unwrap();
    fixture.step(4_000);
    other.report_presence("a".to_owned(), Vec::new()).await.unwrap();
    let expected = [
        PresentServer { server: "a".to_owned(), age_millis: 0, clients: Vec::new() },
        PresentServer { server: "b".to_owned(), age_millis: 4_000, clients: first },
    ];
    assert_eq!(present(&*other).await, expected);
    assert_eq!(present(&*fixture.store).await, expected);
}

pub(super) async fn a_report_replaces_the_last_one_and_ends(fixture: Fixture) {
    let report = async |server: &str, list: Vec<ConnectedClients>| {
        fixture.store.report_presence(server.to_owned(), list).await.unwrap();
    };
    let sse = |count| clients(&fixture, fixture.production(), "sse", count);
    report("a", vec![sse(3), clients(&fixture, fixture.development(), "grpc", 1)]).await;
    report("b", vec![sse(1)]).await;
    report("a", vec![sse(5)]).await;
    let counts = async || {
        let servers = present(&*fixture.store).await.into_iter();
        servers.map(|server| (server.server, server.clients)).collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [("a".to_owned(), vec![sse(5)]), ("b".to_owned(), vec![sse(1)])]);
    fixture.store.end_presence("a".to_owned()).await.unwrap();
    assert_eq!(counts().await, [("b".to_owned(), vec![sse(1)])]);
    fixture.step(30_000);
    assert_eq!(counts().await.len(), 1);
    fixture.step(1);
    assert_eq!(counts().await, [], "an old report does not count");
    report("a", vec![sse(2)]).await;
    assert_eq!(counts().await, [("a".to_owned(), vec![sse(2)])]);
}
