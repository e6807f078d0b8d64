//! The historic gRPC service, on the same port.

use std::time::{Duration, Instant};

use crate::common::TestServer;
use prefab_proto::{services::config_service_client::ConfigServiceClient, wire};
use prefab_server::{KeyKind, Limits};
use tonic::{Code, Request, transport::Channel};

async fn client(server: &TestServer) -> ConfigServiceClient<Channel> {
    let channel = Channel::from_shared(server.running.url.clone()).unwrap().connect().await.unwrap();
    ConfigServiceClient::new(channel)
}

fn with_key<T>(message: T, key: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("auth", key.parse().unwrap());
    request.metadata_mut().insert("client", "prefab-cloud-ruby.0.9.0".parse().unwrap());
    request
}

#[tokio::test]
async fn a_client_with_an_old_cursor_receives_everything_and_all_changes() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let (backend, admin) =
        (server.key("Development", KeyKind::Backend), server.key("Development", KeyKind::Admin));
    let mut client = client(&server).await;
    let pointer = wire::ConfigServicePointer::default();
    let all = client.get_all_config(with_key(pointer, &backend)).await.unwrap().into_inner();
    assert_eq!(all.configs[0].key, "a");
    assert_eq!(all.config_service_pointer.unwrap().project_env_id, 1);

    let mut stream = client.get_config(with_key(pointer, &backend)).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().configs[0].key, "a");
    let config = wire::Config { rows: all.configs[0].rows.clone(), ..wire::Config::default() };
    let config = wire::Config { key: "b".to_owned(), config_type: 1, ..config };
    let refused = client.upsert(with_key(config.clone(), &backend)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let created = client.upsert(with_key(config, &admin)).await.unwrap().into_inner();
    let change = stream.message().await.unwrap().unwrap();
    assert_eq!((change.configs[0].key.as_str(), change.configs[0].id), ("b", created.new_id));
    server.running.stop_handle().stop();
    assert!(stream.message().await.unwrap().is_none(), "the stream ends cleanly");
}

#[tokio::test]
async fn a_client_that_is_up_to_date_receives_a_first_message_without_configs() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let backend = server.key("Development", KeyKind::Backend);
    let mut client = client(&server).await;
    let pointer = wire::ConfigServicePointer::default();
    let all = client.get_all_config(with_key(pointer, &backend)).await.unwrap().into_inner();
    let newest = all.config_service_pointer.unwrap();
    for start_at_id in [newest.start_at_id - 1, newest.start_at_id] {
        let since = wire::ConfigServicePointer { start_at_id, ..pointer };
        let mut stream = client.get_config(with_key(since, &backend)).await.unwrap().into_inner();
        let first = tokio::time::timeout(Duration::from_secs(10), stream.message());
        let first = first.await.unwrap().unwrap().unwrap();
        assert_eq!(first.config_service_pointer, Some(newest));
        assert_eq!(first.default_context, all.default_context);
        let is_up_to_date = start_at_id == newest.start_at_id;
        assert_eq!(first.configs.is_empty(), is_up_to_date, "{first:?}");
        let value = start_at_id.to_string();
        if is_up_to_date {
            server.set("a", &value).await;
            let change = stream.message().await.unwrap().unwrap();
            assert_eq!(change.configs[0].key, "a");
            assert!(change.configs[0].id > newest.start_at_id);
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_is_reset_and_its_connection_stays_open() {
    let stream_write_timeout = Duration::from_millis(300);
    let server = TestServer::limited(Limits { stream_write_timeout, ..Limits::default() }).await;
    server.create("a", "1").await;
    let backend = server.key("Development", KeyKind::Backend);
    let mut client = client(&server).await;
    let pointer = wire::ConfigServicePointer::default();
    let mut stalled = client.get_config(with_key(pointer, &backend)).await.unwrap().into_inner();
    assert_eq!(server.streams().await, 1);
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.streams().await > 0 {
        assert!(Instant::now() < deadline);
        // More than a client's window holds, before long.
        server.set("a", &"x".repeat(1 << 20)).await;
    }
    let all = client.get_all_config(with_key(pointer, &backend)).await.unwrap().into_inner();
    assert_eq!(all.configs[0].key, "a");
    let error = loop {
        match stalled.message().await {
            Ok(message) => assert!(message.is_some(), "the stream does not end cleanly"),
            Err(error) => break error,
        }
    };
    assert!(format!("{error:?}").contains("CANCEL"), "{error:?}");
}

#[tokio::test]
async fn a_rejected_key_closes_the_stream_with_an_error() {
    let server = TestServer::new().await;
    let request = with_key(wire::ConfigServicePointer::default(), "1|nothing");
    let error = client(&server).await.get_all_config(request).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
}
