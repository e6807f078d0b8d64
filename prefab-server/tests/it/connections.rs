//! Connections and request bodies that could block other clients.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::common::TestServer;
use prefab_server::Limits;
use prefab_testing::eventually_some;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a connection and sends this.
async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Returns the first line of a response; empty if the connection was closed.
async fn status(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        match timeout(PATIENCE, stream.read_u8()).await.expect("an answer in time") {
            Ok(byte) => line.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

/// Reads until the server closes the connection.
async fn closed(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("closed in time");
    String::from_utf8_lossy(&rest).into_owned()
}

/// Waits until a new connection is served, and returns how long that took.
async fn served(address: SocketAddr) -> Duration {
    let start = Instant::now();
    eventually_some("a new connection is served", async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(HEALTH).await;
        (status(&mut stream).await == "HTTP/1.1 200 OK").then(|| start.elapsed())
    })
    .await
}

async fn wait_for(server: &TestServer, name: &str, is_right: impl Fn(u64) -> bool) {
    eventually_some(name, async || is_right(server.metric(name).await).then_some(())).await;
}

fn slow(path: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{{").into_bytes()
}

#[tokio::test]
async fn slow_bodies_do_not_shut_others_out() {
    let server = TestServer::limited(Limits { connections: 30, ..Limits::default() }).await;
    let mut held = Vec::new();
    for _ in 0..31 {
        let mut stream = TcpStream::connect(server.running.address).await.unwrap();
        let _ = stream.write_all(&slow("/api/manage/v1/session")).await;
        held.push(stream);
    }
    let took = served(server.running.address).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(server.metric("prefab_connections_evicted_total").await > 0);
}

#[tokio::test]
async fn delayed_responses_do_not_shut_others_out() {
    let server = TestServer::limited(Limits { connections: 30, ..Limits::default() }).await;
    let mut held = Vec::new();
    for _ in 0..31 {
        let mut stream = TcpStream::connect(server.running.address).await.unwrap();
        let _ = stream.write_all(b"GET /api/v1/sse/config HTTP/1.1\r\nhost: x\r\n\r\n").await;
        held.push(stream);
    }
    let took = served(server.running.address).await;
    assert!(took < Duration::from_millis(900), "{took:?}");
    assert!(server.metric("prefab_connections_evicted_total").await > 0);
}

#[tokio::test]
async fn delayed_responses_are_bounded() {
    let server = TestServer::limited(Limits { delayed_responses: 0, ..Limits::default() }).await;
    let start = Instant::now();
    let mut stream =
        send(server.running.address, b"GET /api/v1/sse/config HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(status(&mut stream).await, "HTTP/1.1 401 Unauthorized");
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_body_that_stops_is_answered_and_its_connection_closed() {
    let limits = Limits { body_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    for path in ["/api/manage/v1/session", "/api/manage/v1/sign-up", "/page/csp-reports"] {
        let mut stream = send(server.running.address, &slow(path)).await;
        let response = closed(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 408 "), "{path}: {response}");
        assert!(response.contains("connection: close\r\n"), "{path}: {response}");
    }
    // Without a key, the response does not wait for the body.
    let mut stream = send(server.running.address, &slow("/api/v1/telemetry")).await;
    assert!(closed(&mut stream).await.starts_with("HTTP/1.1 401 "));
    assert_eq!(server.metric("prefab_requests_total{method=\"POST\",status=\"408\"}").await, 3);
}

#[tokio::test]
async fn a_body_has_a_minimum_rate() {
    let limits = Limits {
        body_timeout: Duration::from_millis(200),
        body_bytes_per_second: 1_000,
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    let stream = send(server.running.address, &slow("/api/manage/v1/session")).await;
    let (mut reading, mut writing) = stream.into_split();
    let dripping = tokio::spawn(async move {
        // At most 200 bytes per second: the rate is the subject of the test, so this waits a given time.
        while writing.write_all(b" ").await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    let mut first = [0; 12];
    timeout(PATIENCE, reading.read_exact(&mut first)).await.expect("an answer in time").unwrap();
    assert_eq!(&first, b"HTTP/1.1 408");
    dripping.abort();
}

#[tokio::test]
async fn every_handler_limits_body_size() {
    let server = TestServer::limited(Limits { body_bytes: 1_000, ..Limits::default() }).await;
    for path in ["/api/manage/v1/session", "/page/csp-reports", "/api/manage/v1/password-reset"] {
        let response = server.http.post(server.url(path)).body("x".repeat(1_001)).send().await.unwrap();
        assert_eq!(response.status(), 413, "{path}");
    }
    let import = server.admin("POST", "/api/manage/v1/projects/1/import").body(" ".repeat(1_001));
    assert_eq!(import.send().await.unwrap().status(), 400, "imports may be larger");
}

#[tokio::test]
async fn a_partial_preface_does_not_delay_closing() {
    let server = TestServer::new().await;
    let mut held = Vec::new();
    for at in 0..40 {
        held.push(send(server.running.address, &b"PRI * HTTP/2.0\r\n\r\nSM"[..=(at % 20)]).await);
    }
    wait_for(&server, "prefab_connections", |open| open >= 40).await;
    drop(held);
    wait_for(&server, "prefab_connections", |open| open < 10).await;
}

#[tokio::test]
async fn http2_pings_do_not_keep_an_unused_connection_open() {
    let limits = Limits {
        header_timeout: Duration::from_secs(1),
        http2_idle_timeout: Duration::from_millis(1_500),
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    for has_request in [false, true] {
        let mut stream = send(server.running.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        if has_request {
            // GET http /
            stream.write_all(&[0, 0, 3, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84]).await.unwrap();
        }
        let (start, mut pings, mut goodbye) = (Instant::now(), 0, false);
        while let Some((kind, flags, payload)) = frame(&mut stream).await {
            assert!(start.elapsed() < PATIENCE, "still open");
            let answer: &[u8] = match (kind, flags & 1) {
                (4, 0) => &[0, 0, 0, 4, 1, 0, 0, 0, 0],
                (6, 0) => &[&[0, 0, 8, 6, 1, 0, 0, 0, 0], &payload[..]].concat(),
                _ => &[],
            };
            let _ = stream.write_all(answer).await;
            pings += usize::from(kind == 6);
            goodbye |= kind == 7;
        }
        assert!(goodbye, "closed with GOAWAY");
        assert!(pings > 0 && start.elapsed() > Duration::from_millis(900), "{pings} pings");
    }
}

/// Reads an HTTP/2 frame: its kind, flags and payload.
async fn frame(stream: &mut TcpStream) -> Option<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    timeout(PATIENCE, stream.read_exact(&mut head)).await.expect("a frame in time").ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], payload))
}

#[tokio::test]
async fn one_address_leaves_connections_to_others() {
    let server = TestServer::limited(Limits { connections_per_address: 3, ..Limits::default() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = send(server.running.address, HEALTH).await;
        assert_eq!(status(&mut stream).await, "HTTP/1.1 200 OK");
        held.push(stream);
    }
    let mut further = TcpStream::connect(server.running.address).await.unwrap();
    let _ = further.write_all(HEALTH).await;
    assert_eq!(closed(&mut further).await, "");
    held.pop();
    served(server.running.address).await;

    let limits = Limits { connections_per_address: 1, ..Limits::default() };
    let server = TestServer::with(|options| {
        options.limits = limits;
        options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let _held = send(server.running.address, HEALTH).await;
    served(server.running.address).await;
}

#[tokio::test]
async fn the_oldest_idle_connection_makes_room_and_streams_stay() {
    let server = TestServer::limited(Limits { connections: 3, ..Limits::default() }).await;
    let mut stream = crate::common::Stream::open(server.get("/api/v1/sse/config")).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        let mut stream = send(server.running.address, HEALTH).await;
        assert_eq!(status(&mut stream).await, "HTTP/1.1 200 OK");
        idle.push(stream);
    }
    served(server.running.address).await;
    assert!(closed(&mut idle[0]).await.ends_with("ok"), "the oldest one is closed");
    idle[1].write_all(HEALTH).await.unwrap();
    let mut rest = [0; 64];
    assert!(timeout(PATIENCE, idle[1].read(&mut rest)).await.unwrap().unwrap() > 0, "the other one stays");
    assert!(stream.block().await.is_some(), "a stream is never idle");
}

#[tokio::test]
async fn contexts_longer_than_a_url_are_refused() {
    let server = TestServer::new().await;
    let path = format!("/api/v2/configs/eval-with-context/{}", "a".repeat(70_000));
    let mut stream =
        send(server.running.address, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    assert!(status(&mut stream).await.starts_with("HTTP/1.1 414 "));
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_disconnected() {
    let limits = Limits { stream_write_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let wanted = b"GET /page/app.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2_000);
    let stream = TcpStream::connect(server.running.address).await.unwrap();
    let (_reading, mut writing) = stream.into_split();
    // The server stops reading requests while its responses are not read.
    let writing = tokio::spawn(async move {
        let _ = writing.write_all(&wanted).await;
        writing
    });
    wait_for(&server, "prefab_connections", |open| open >= 2).await;
    wait_for(&server, "prefab_connections", |open| open <= 1).await;
    writing.abort();
}
