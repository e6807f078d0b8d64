//! Streams as the official SDKs follow them.

use crate::common::{Stream, TestServer, keys};
use prefab_server::{KeyKind, Limits};
use prefab_testing::eventually_some;
use serde_json::json;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

const PATH: &str = "/api/v1/sse/config";

#[tokio::test]
async fn a_stream_resumes_at_its_cursor_and_sends_every_change() {
    let server = TestServer::new().await;
    let first = server.create("a", "1").await;
    server.create("b", "1").await;
    for header in ["x-prefab-start-at-id", "Last-Event-ID"] {
        let mut stream = Stream::open(server.get(PATH).header(header, first)).await;
        assert_eq!(stream.block().await.unwrap(), ": connected");
        let changes = stream.set().await.unwrap();
        assert_eq!(keys(&changes), ["b"], "{header}");
        assert_eq!(changes.pointer.unwrap().project_env_id, 1);
    }
    let mut stream = Stream::open(server.get(PATH)).await;
    assert_eq!(keys(&stream.set().await.unwrap()), ["a", "b"]);
    server.set("a", "2").await;
    let change = stream.set().await.unwrap();
    assert_eq!(keys(&change), ["a"]);
    assert_eq!(change.pointer.unwrap().project_env_id, 1);
    server.delete("b").await;
    let deletion = stream.set().await.unwrap();
    assert!(deletion.configs[0].is_tombstone() && deletion.configs[0].key == "b");
}

#[tokio::test]
async fn a_default_context_is_in_every_event() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let key = server.key("Development", KeyKind::Admin);
    let mut stream = Stream::open(server.http.get(server.url(PATH)).basic_auth("authuser", Some(key))).await;
    for _ in 0..2 {
        let set = stream.set().await.unwrap();
        assert_eq!(set.default_context.property("prefab-api-key", "user-id"), Some(&"1".into()));
        server.set("a", "2").await;
    }
}

#[tokio::test]
async fn json_checkpoints_are_sent_on_request() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let mut stream = Stream::open(server.get("/api/v2/sse/config?format=json")).await;
    let json: serde_json::Value = serde_json::from_str(&stream.data().await.unwrap()).unwrap();
    assert_eq!(json["configs"][0]["key"], "a");
    assert_eq!(json["configServicePointer"]["projectEnvId"], "1");
}

#[tokio::test]
async fn too_many_streams_end_cleanly_with_a_comment() {
    let server = TestServer::limited(Limits { streams_per_key: 1, ..Limits::default() }).await;
    server.create("a", "1").await;
    let kept = Stream::open(server.get(PATH)).await;
    let response = server.get(PATH).send().await.unwrap();
    assert_eq!(response.status(), 200, "no other status suits every client");
    assert!(response.text().await.unwrap().starts_with(": too many"));
    drop(kept);
    // The server notices a moment after the client has gone.
    eventually_some("there is room for a stream", async || {
        let mut stream = Stream::open(server.get(PATH)).await;
        (stream.block().await.unwrap() == ": connected").then_some(())
    })
    .await;
}

/// Sends a request of Development's backend SDK and reads nothing of the answer.
async fn ask_and_do_not_read(server: &TestServer, path: &str) -> TcpStream {
    use base64::Engine as _;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(server.running.address).await.unwrap();
    let key = format!("authuser:{}", server.key("Development", KeyKind::Backend));
    let key = base64::prelude::BASE64_STANDARD.encode(key);
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Basic {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn does_not_wait_long() -> TestServer {
    let stream_write_timeout = Duration::from_millis(300);
    TestServer::limited(Limits { stream_write_timeout, ..Limits::default() }).await
}

#[tokio::test]
async fn a_stream_whose_client_does_not_read_is_closed() {
    let server = does_not_wait_long().await;
    server.create("a", "1").await;
    let _stalled = ask_and_do_not_read(&server, PATH).await;
    while server.streams().await == 0 {}
    let value = "x".repeat(1 << 20);
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.streams().await > 0 {
        assert!(Instant::now() < deadline);
        server.set("a", &value).await;
    }
}

#[tokio::test]
async fn a_download_that_is_not_read_is_aborted() {
    let server = does_not_wait_long().await;
    for key in 0..8 {
        server.create(&format!("key.{key}"), &"x".repeat(2 << 20)).await;
    }
    let before = server.metric("prefab_connections").await;
    let mut download = ask_and_do_not_read(&server, "/api/v1/configs/0").await;
    eventually_some("the connection is closed", async || {
        let is_served = server.metric("prefab_checkpoints_total").await > 0;
        (is_served && server.metric("prefab_connections").await == before).then_some(())
    })
    .await;
    let mut read = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), download.read_to_end(&mut read)).await.unwrap();
    assert!(read.starts_with(b"HTTP/1.1 200") && read.len() < 15 << 20, "{}", read.len());
}

#[tokio::test]
async fn event_streams_are_bounded_for_each_caller() {
    let server = TestServer::limited(Limits { event_streams_per_principal: 2, ..Limits::default() }).await;
    let open = async || server.admin("GET", "/api/manage/v1/projects/1/events").send().await.unwrap();
    let (one, two) = (open().await, open().await);
    assert_eq!(
        (one.status().as_u16(), two.status().as_u16(), open().await.status().as_u16()),
        (200, 200, 429)
    );
    drop(one);
    // The server notices a moment after the client has gone.
    let deadline = Instant::now() + Duration::from_secs(20);
    while open().await.status() != 200 {
        assert!(Instant::now() < deadline);
    }
}

#[tokio::test]
async fn stopping_ends_streams_cleanly() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let mut stream = Stream::open(server.get(PATH)).await;
    stream.set().await.unwrap();
    server.running.stop_handle().stop();
    assert_eq!(stream.data().await, None);
    server.running.wait().await;
}

#[tokio::test]
async fn a_change_of_another_process_reaches_the_stream() {
    let server = TestServer::new().await;
    server.create("a", "1").await;
    let mut stream = Stream::open(server.get(PATH)).await;
    stream.set().await.unwrap();
    let other =
        prefab_server::serve(prefab_server::Options::local(server.dir.path().join("data"))).await.unwrap();
    assert_eq!(other.keys, [], "keys are printed once");
    let key = server.key("Development", KeyKind::Admin);
    let request = server.http.post(format!("{}/api/v1/config/", other.url)).basic_auth("authuser", Some(key));
    let response = request.body(crate::common::text_config("b", "2").to_string()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(keys(&stream.set().await.unwrap()), ["b"]);
}

#[tokio::test]
async fn revoking_a_key_ends_its_streams() {
    let server = TestServer::new().await;
    let project = "/api/manage/v1/projects/1/keys";
    for end in ["revoke", "expire"] {
        let (_, key) = server.post(project, json!({"name": "fleet", "environment": "Staging"})).await;
        let text = key["key"].as_str().unwrap();
        let open = async || Stream::open(server.http.get(server.url(PATH)).basic_auth("u", Some(text))).await;
        let mut streams = [open().await, open().await];
        for stream in &mut streams {
            assert!(stream.data().await.is_some(), "the stream starts with the current configs");
        }
        let path = format!("{project}/{}", key["id"].as_str().unwrap());
        let ends_in = if end == "revoke" {
            assert_eq!(server.admin("DELETE", &path).send().await.unwrap().status(), 200);
            Duration::ZERO
        } else {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(700);
            let body = json!({ "at": i64::try_from(at.as_millis()).unwrap() }).to_string();
            let request = server.admin("PUT", &format!("{path}/expiry")).body(body);
            assert_eq!(request.send().await.unwrap().status(), 200);
            Duration::from_millis(700)
        };
        let since = Instant::now();
        for stream in &mut streams {
            assert_eq!(stream.data().await, None, "{end}");
        }
        let late = since.elapsed().saturating_sub(ends_in);
        eprintln!("{end}: ended {late:?} after the key");
        // A keep-alive would come after fifteen seconds.
        assert!(late < Duration::from_secs(5), "{end}: {late:?}");
    }
}

#[tokio::test]
async fn a_client_that_is_up_to_date_receives_a_first_event() {
    let server = TestServer::new().await;
    let newest = server.create("a", "1").await;
    let key = server.key("Development", KeyKind::Admin);
    let open = |path: &str| {
        let request = server.http.get(server.url(path)).basic_auth("authuser", Some(&key));
        Stream::open(request.header("x-prefab-start-at-id", newest))
    };
    let mut stream = open(PATH).await;
    let first = stream.set().await.unwrap();
    assert_eq!((first.configs.len(), first.pointer.unwrap().start_at_id), (0, newest));
    assert_eq!(first.default_context.property("prefab-api-key", "user-id"), Some(&"1".into()));
    server.set("a", "2").await;
    assert_eq!(keys(&stream.set().await.unwrap()), ["a"]);
    let mut stream = open("/api/v2/sse/config?format=json").await;
    let newer: serde_json::Value = serde_json::from_str(&stream.data().await.unwrap()).unwrap();
    assert_eq!(newer["configs"][0]["key"], "a", "a client that is behind receives the changes first");
}

#[tokio::test]
async fn schemas_are_not_sent() {
    let server = TestServer::new().await;
    let schema = json!({"key": "s", "configType": "SCHEMA", "rows": [{"values": [{"value":
        {"schema": {"schema": "{}", "schemaType": "JSON_SCHEMA"}}}]}]});
    assert_eq!(server.post("/api/v1/config/", schema).await.0, 200);
    server.create("a", "1").await;
    assert_eq!(keys(&server.configs("/api/v1/configs/0").await), ["a"]);
    let mut stream = Stream::open(server.get(PATH)).await;
    assert_eq!(keys(&stream.set().await.unwrap()), ["a"]);
    let download = server.admin("GET", "/api/v1/configs/download").send().await.unwrap();
    assert!(!download.text().await.unwrap().contains("SCHEMA"));
    let export = server.admin("GET", "/api/manage/v1/projects/1/export?environment=Development");
    assert!(export.send().await.unwrap().text().await.unwrap().contains("SCHEMA"));
}
