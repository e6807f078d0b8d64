//! Responses of official servers, byte for byte as documented, from a socket.
//!
//! The official service has ended. What is left of its exchanges are the bytes that its clients were seen to send and
//! to understand; they stand below as they do in the protocol's reference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use prefab_core::{LayeredStore, Value};
use prefab_sources::{
    ApiKey, ConfigSource as _, HttpOptions, RemoteOptions, RemoteSource, RemoteState, SourceUpdate,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

const KEY: &str = "123-Development-P202-E308-SDK-abcdef";

/// `Configs` with one change: `my.string`, id 17000000000000101, project 202, environment 308.
const CHECKPOINT: &str = "0a3108e580ba898fad991e10ca011a096d792e737472696e672a1412121210120e757064617465642d\
                          62792d73736538014802120608ca0118b402";
/// The same message as an event, and the tombstone of `my.int`, id 17000000000000102.
const CHANGE: &str =
    "data: CjEI5YC6iY+tmR4QygEaCW15LnN0cmluZyoUEhISEBIOdXBkYXRlZC1ieS1zc2U4AUgCEgYIygEYtAI=\n\n";
const TOMBSTONE: &str = "data: ChYI5oC6iY+tmR4QygEaBm15LmludDgGEgYIygEYtAI=\n\n";
/// `Configs{keep_alive: true}`, without the pointer that clients need.
const KEEP_ALIVE: &str = "data: KAE=\n\n";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Sends one response per request, and returns the requests.
async fn play(answers: Vec<Vec<Vec<u8>>>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for pieces in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(socket.read_u8().await.unwrap());
            }
            sender.send(String::from_utf8(request).unwrap()).unwrap();
            for piece in pieces {
                // The client may have closed the connection.
                let _ = socket.write_all(&piece).await;
                let _ = socket.flush().await;
                tokio::task::yield_now().await;
            }
        }
        std::future::pending::<()>().await;
    });
    (url, requests)
}

/// The response of the service to a request for configs.
fn checkpoint(body: &[u8]) -> Vec<Vec<u8>> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nETag: \"17000000000000101\"\r\n\
                Cache-Control: no-cache\r\n";
    vec![format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes(), body.to_vec()]
}

/// Its response to a request for a stream: chunks, comments between events, then the end.
fn stream(events: &[&str]) -> Vec<Vec<u8>> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pieces = vec![head.as_bytes().to_vec(), chunk(b": keepalive\n\n")];
    pieces.extend(events.iter().map(|event| chunk(event.as_bytes())));
    pieces.push(b"0\r\n\r\n".to_vec());
    pieces
}

#[tokio::test]
async fn a_documented_exchange_has_the_documented_result() {
    let older = bytes(&CHECKPOINT.replace("e580ba898fad991e", "e480ba898fad991e"));
    // Two streams: a change in single bytes, then a tombstone, with the keepalive that broke some clients.
    let mut dribbled = stream(&[]);
    dribbled.pop();
    dribbled.extend(CHANGE.bytes().map(|byte| chunk(&[byte])));
    let rest = stream(&[KEEP_ALIVE, ": keepalive\n\n", TOMBSTONE, KEEP_ALIVE, ":\n\n"]);
    let (url, mut requests) = play(vec![checkpoint(&older), dribbled, rest]).await;

    let mut options = RemoteOptions::new(ApiKey::new(KEY));
    options.random = Box::new(|| 0.0);
    let source = RemoteSource::http(options, HttpOptions::new([url])).unwrap();
    let state = source.state();
    let mut updates = Box::new(source).updates();
    let mut store = LayeredStore::default();
    let mut ids = Vec::new();
    let started = Instant::now();
    while store.high_water_mark() < 17_000_000_000_000_102 {
        assert!(started.elapsed() < Duration::from_secs(20), "{ids:?}");
        let Ok(item) = tokio::time::timeout(Duration::from_millis(100), updates.next()).await else {
            continue;
        };
        let Ok(SourceUpdate { update, findings }) = item.unwrap() else { continue };
        assert!(findings.is_empty(), "{findings:?}");
        store.apply(update);
        ids.extend(store.get("my.string").map(|entry| entry.stored().id()));
    }
    ids.dedup();
    assert_eq!(ids, [17_000_000_000_000_100, 17_000_000_000_000_101]);
    let entry = store.get("my.string").unwrap().clone();
    let config = entry.config();
    assert_eq!(config.project_id, 202);
    assert_eq!(
        config.rows[0].values[0].value.as_ref().unwrap().value,
        Value::String("updated-by-sse".into())
    );
    // The keepalive without a pointer has not removed the environment.
    assert_eq!(store.project_env_id(), 308);
    assert!(store.get("my.int").is_none());
    assert!(matches!(&*state.borrow(), RemoteState::Ready { .. }));

    let basic = "authorization: Basic YXV0aHVzZXI6MTIzLURldmVsb3BtZW50LVAyMDItRTMwOC1TREstYWJjZGVm";
    let mut asked = Vec::new();
    while let Ok(request) = requests.try_recv() {
        assert!(request.contains(&format!("\r\n{basic}\r\n")), "{request}");
        let cursor = request.lines().find_map(|line| line.strip_prefix("x-prefab-start-at-id: "));
        let path = request.split(' ').nth(1).unwrap();
        asked.push(format!("{path} {}", cursor.unwrap_or_default()).trim().to_owned());
    }
    assert_eq!(
        asked[..3],
        ["/api/v1/configs/0", "/api/v1/sse/config 17000000000000100", "/api/v1/sse/config 17000000000000101"]
    );
}
