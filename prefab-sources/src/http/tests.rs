//! The source over sockets, against a server with scripted responses.

mod server;

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::StreamExt as _;
use prefab_core::{Config, ConfigSet, LayeredStore, Pointer};
use prefab_proto::convert;

use super::*;
use crate::{ConfigSource as _, RemoteState, SourceUpdate, UpdateStream, remote::Frames as _};
use server::{Answer, Server};

const KEY: &str = "123-Development-P202-E308-SDK-abcdef";

fn message(configs: &[(&str, i64)]) -> Vec<u8> {
    let configs = configs.iter().map(|(key, id)| Config { id: *id, ..Config::constant(*key, *id) }).collect();
    let pointer = Some(Pointer { project_id: 202, start_at_id: 0, project_env_id: 308 });
    convert::encode(&ConfigSet { configs, pointer, ..ConfigSet::default() })
}

fn event(configs: &[(&str, i64)]) -> Vec<u8> {
    format!("data: {}\n\n", STANDARD.encode(message(configs))).into_bytes()
}

fn options(urls: &[&str]) -> HttpOptions {
    let mut options = HttpOptions::new(urls.iter().copied());
    options.timeout = Duration::from_millis(300);
    options.max_bytes = 1 << 20;
    options
}

fn http(urls: &[&str]) -> Http {
    Http::new(&ApiKey::new(KEY), options(urls)).unwrap()
}

async fn checkpoint(http: &mut Http, since: i64, purpose: Purpose) -> String {
    match http.checkpoint(since, purpose).await {
        Ok(Checkpoint { source, configs: None }) => format!("{source}: the same"),
        Ok(Checkpoint { source, configs: Some(configs) }) => {
            format!("{source}: {}", configs.set.configs.len())
        }
        Err(error) => error.to_string(),
    }
}

/// Requests a checkpoint from a server with one response.
async fn check(answer: Answer, expected: &str) {
    let server = Server::start(move |_| answer.clone()).await;
    let result = checkpoint(&mut http(&[&server.url]), 0, Purpose::Start).await;
    assert_eq!(result.replace(&server.url, "URL"), expected);
}

#[tokio::test]
async fn a_checkpoint_request_has_the_headers_of_official_clients() {
    let server = Server::start(|_| Answer::ok(message(&[("a", 1)])).with("ETag", "\"x\"")).await;
    let mut http = http(&[&format!("{}/", server.url)]);
    assert_eq!(checkpoint(&mut http, 0, Purpose::Start).await, "remote_api: 1");
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /api/v1/configs/0 HTTP/1.1\r\n"), "{request}");
    for header in [
        "authorization: Basic YXV0aHVzZXI6MTIzLURldmVsb3BtZW50LVAyMDItRTMwOC1TREstYWJjZGVm",
        "accept: application/x-protobuf",
        "accept-encoding: gzip",
        concat!("x-prefabcloud-client-version: prefab-cloud-rust-", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(request.contains(&format!("\r\n{header}\r\n")), "{header} is not in {request}");
    }
    assert!(!request.contains("if-none-match"));

    // The ETag is sent only with the same request.
    checkpoint(&mut http, 0, Purpose::CatchUp).await;
    checkpoint(&mut http, 1, Purpose::CatchUp).await;
    assert!(server.requests()[1].contains("\r\nif-none-match: \"x\"\r\n"));
    assert!(!server.requests()[2].contains("if-none-match"));
}

#[tokio::test]
async fn an_unchanged_checkpoint_is_not_sent_again() {
    let server = Server::start(|at| match at {
        0 => Answer::ok(message(&[("a", 1)])).with("ETag", "\"x\""),
        _ => Answer::status("304 Not Modified"),
    });
    let server = server.await;
    let mut http = http(&[&server.url]);
    assert_eq!(checkpoint(&mut http, 0, Purpose::Start).await, "remote_api: 1");
    assert_eq!(checkpoint(&mut http, 0, Purpose::CatchUp).await, "remote_api: the same");
}

#[tokio::test]
async fn every_invalid_response_is_an_error_with_its_reason() {
    let url = "remote_api: `URL`";
    check(
        Answer::status("500 Internal Server Error"),
        &format!("{url} responded with 500 Internal Server Error"),
    )
    .await;
    check(
        Answer::status("404 Not Found"),
        &format!("{url} responded with 404 Not Found; set the address of a Prefab server, without a path"),
    )
    .await;
    let refused = "set PREFAB_API_KEY to a backend API key of this server";
    check(
        Answer::status("401 Unauthorized"),
        &format!("{url} rejected the API key: 401 Unauthorized; {refused}"),
    )
    .await;
    check(Answer::status("403 Forbidden"), &format!("{url} rejected the API key: 403 Forbidden; {refused}"))
        .await;
    check(Answer::Hang, &format!("{url} did not respond within 0.3 s")).await;
    check(Answer::ok("").then_hang(1000), &format!("{url} sent nothing for 0.3 s")).await;
    check(Answer::ok(""), &format!("{url} sent an empty response")).await;
    check(
        Answer::ok("<html>"),
        &format!(
            "{url} sent an invalid checkpoint: failed to decode Protobuf message: unexpected end group tag"
        ),
    )
    .await;
    check(Answer::ok(vec![b'x'; 2 << 20]), &format!("{url} sent more than 1048576 bytes")).await;
    check(
        Answer::ok("half").claiming(100),
        &format!("{url} closed the connection: end of file before message length reached"),
    )
    .await;
    check(
        Answer::Raw(b"nonsense\r\n\r\n".to_vec()),
        &format!("{url} could not be reached: invalid HTTP version parsed; if the server uses TLS, write `https://`"),
    )
    .await;
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_reported_and_one_within_the_origin_followed() {
    let target = Server::start(|_| Answer::ok(message(&[("a", 1)]))).await;
    let location = format!("{}/api/v1/configs/0", target.url);
    let server =
        Server::start(move |_| Answer::status("302 Found").with("Location", &location).claiming(0)).await;
    let result = checkpoint(&mut http(&[&server.url]), 0, Purpose::Start).await;
    assert_eq!(
        result.replace(&server.url, "URL").replace(&target.url, "TARGET"),
        "remote_api: `URL` redirected to `TARGET` with 302 Found; the API key is not sent to another address; if \
         `TARGET` is your server, set its address instead"
    );
    assert!(target.requests().is_empty());
    let sink = ReportSink::new(&ApiKey::new(KEY), &server.url).unwrap();
    let error = sink.send(b"report").await.unwrap_err();
    assert!(error.to_string().contains("redirected to"), "{error}");

    let server = Server::start(|at| match at {
        0 => Answer::status("307 Temporary Redirect").with("Location", "/api/v1/configs/0/").claiming(0),
        _ => Answer::ok(message(&[("a", 1)])),
    })
    .await;
    assert_eq!(checkpoint(&mut http(&[&server.url]), 0, Purpose::Start).await, "remote_api: 1");
    assert!(server.requests()[1].contains("authorization: Basic"), "{:?}", server.requests());
}

#[tokio::test]
async fn a_rejected_key_in_quotes_has_its_own_advice() {
    let server = Server::start(|_| Answer::status("401 Unauthorized")).await;
    let mut http = Http::new(&ApiKey::new(&format!("\"{KEY}\"")), options(&[&server.url])).unwrap();
    let result = checkpoint(&mut http, 0, Purpose::Start).await;
    assert!(result.ends_with("; the API key is in quotes; remove them from PREFAB_API_KEY"), "{result}");
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn https_to_a_server_without_tls_has_its_own_advice() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let answers = async {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            // The client may have closed the connection.
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = socket.read(&mut [0; 4096]).await;
        }
    };
    let mut http = http(&[&url]);
    let message = tokio::select! {
        message = checkpoint(&mut http, 0, Purpose::Start) => message,
        () = answers => String::new(),
    };
    assert!(message.ends_with("; the server does not use TLS; write `http://`"), "{message}");
}

#[tokio::test]
async fn the_next_address_is_requested_after_a_failure() {
    let away = "http://127.0.0.1:1";
    let slow = Server::start(|_| Answer::Hang).await;
    let broken = Server::start(|_| Answer::status("503 Service Unavailable")).await;
    let well = Server::start(|_| Answer::ok(message(&[("a", 1)]))).await;
    let mut chain = http(&[away, &slow.url, &broken.url, &well.url]);
    assert_eq!(checkpoint(&mut chain, 0, Purpose::Start).await, "remote_api: 1");
    let refused = checkpoint(&mut http(&[away]), 0, Purpose::Start).await;
    assert!(refused.starts_with("remote_api: `http://127.0.0.1:1` could not be reached: Connection refused"));
    let unknown = checkpoint(&mut http(&["http://no-such-host.invalid"]), 0, Purpose::Start).await;
    assert!(unknown.starts_with("remote_api: `http://no-such-host.invalid` "), "{unknown}");
}

#[tokio::test]
async fn a_cdn_is_requested_first_at_startup_and_last_to_catch_up() {
    let cdn = Server::start(|at| match at {
        0 => Answer::ok(message(&[("a", 1)])),
        _ => Answer::status("401 Unauthorized"),
    })
    .await;
    let api = Server::start(|_| Answer::ok(message(&[("a", 1), ("b", 2)]))).await;
    let mut options = options(&[&api.url]);
    options.cdn_url = Some(cdn.url.clone());
    let mut http = Http::new(&ApiKey::new(KEY), options).unwrap();
    assert_eq!(checkpoint(&mut http, 0, Purpose::Start).await, "remote_cdn_api: 1");
    assert_eq!(checkpoint(&mut http, 0, Purpose::CatchUp).await, "remote_api: 2");
    assert_eq!(
        checkpoint(&mut http, 0, Purpose::Start).await,
        "remote_api: 2",
        "a rejection by the CDN is not final"
    );
}

/// Opens a stream and returns its frames as text.
async fn frames(answer: Answer) -> String {
    let server = Server::start(move |_| answer.clone()).await;
    let mut result = Vec::new();
    match http(&[&server.url]).open(7).await {
        Err(error) => result.push(error.to_string()),
        Ok(mut frames) => loop {
            match tokio::time::timeout(Duration::from_millis(200), frames.next()).await {
                Err(_) => break result.push("silence".to_owned()),
                Ok(None) => break result.push("end".to_owned()),
                Ok(Some(Err(error))) => break result.push(error.to_string()),
                Ok(Some(Ok(crate::remote::Frame::Alive))) => result.push("alive".to_owned()),
                Ok(Some(Ok(crate::remote::Frame::Unreadable(why)))) => result.push(why),
                Ok(Some(Ok(crate::remote::Frame::Configs(configs)))) => {
                    let configs = configs.set.configs.iter();
                    result.extend(configs.map(|config| format!("{}@{}", config.key(), config.id())));
                }
            }
        },
    }
    result.dedup();
    result.join(", ").replace(&server.url, "URL")
}

#[tokio::test]
async fn a_stream_request_has_the_headers_of_official_clients() {
    let server = Server::start(|_| Answer::stream(": hello\n\n").then_hang(1000)).await;
    drop(http(&[&server.url]).open(17_000_000_000_000_101).await.unwrap());
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /api/v1/sse/config HTTP/1.1\r\n"), "{request}");
    for header in [
        "authorization: Basic YXV0aHVzZXI6MTIzLURldmVsb3BtZW50LVAyMDItRTMwOC1TREstYWJjZGVm",
        "accept: text/event-stream",
        "accept-encoding: identity",
        "cache-control: no-cache",
        "x-prefab-start-at-id: 17000000000000101",
    ] {
        assert!(request.contains(&format!("\r\n{header}\r\n")), "{header} is not in {request}");
    }
}

#[tokio::test]
async fn every_frame_of_a_stream_is_a_message_or_an_error() {
    let a = event(&[("a", 8)]);
    let b = event(&[("b", 9)]);
    let all = [b": hello\n\n", &a[..], b":\n\n", &b[..]].concat();
    assert_eq!(frames(Answer::stream(all.clone())).await, "alive, a@8, alive, b@9, end");
    assert_eq!(frames(Answer::stream(all).in_pieces(3)).await, "alive, a@8, alive, b@9, end");
    assert_eq!(frames(Answer::stream(&a[..a.len() - 5])).await, "alive, end", "cut within a frame");
    assert_eq!(frames(Answer::stream(": hello\n\n").then_hang(1000)).await, "alive, silence");
    let garbage = [b"data: ????\n\ndata: ////\n\n", &b[..]].concat();
    assert_eq!(
        frames(Answer::stream(garbage)).await,
        "invalid base64: Invalid symbol 63, offset 0., does not parse: failed to decode Protobuf \
         message: invalid varint, b@9, end"
    );
    assert_eq!(
        frames(Answer::stream(vec![b'x'; 3 << 20])).await,
        "alive, streaming: `URL` sent too much data: a line is longer than 1398117 bytes"
    );
    assert_eq!(
        frames(Answer::ok("<html>")).await,
        "streaming: `URL` responded with application/octet-stream instead of text/event-stream"
    );
    assert_eq!(
        frames(Answer::status("503 Service Unavailable")).await,
        "streaming: `URL` responded with 503 Service Unavailable"
    );
    let refused = frames(Answer::status("403 Forbidden")).await;
    assert!(refused.starts_with("streaming: `URL` rejected the API key: 403 Forbidden"), "{refused}");
    assert_eq!(frames(Answer::Hang).await, "streaming: `URL` did not respond within 0.3 s");
}

/// Applies updates until `is_done`.
async fn until(
    updates: &mut UpdateStream,
    store: &mut LayeredStore,
    is_done: impl Fn(&LayeredStore) -> bool,
) {
    let started = Instant::now();
    while !is_done(store) {
        assert!(started.elapsed() < Duration::from_secs(20), "no such update within 20 s");
        if let Ok(Some(Ok(SourceUpdate { update, .. }))) =
            tokio::time::timeout(Duration::from_millis(50), updates.next()).await
        {
            store.apply(update);
        }
    }
}

#[tokio::test]
async fn the_values_converge_after_every_fault() {
    let faults = |at: usize| -> Answer {
        match at {
            0 => Answer::status("500 Internal Server Error"),
            1 => Answer::ok(message(&[("a", 1)])),
            2 => Answer::stream(event(&[("a", 2)])),
            3 => Answer::stream(&event(&[("a", 3)])[..20]),
            4 => Answer::Raw(b"\0\0\0".to_vec()),
            5 => Answer::stream([&b"data: ////\n\n"[..], &event(&[("a", 6)])].concat()).then_hang(60_000),
            _ => Answer::Hang,
        }
    };
    let server = Server::start(faults).await;
    let mut remote = RemoteOptions::new(ApiKey::new(KEY));
    remote.random = Box::new(|| 0.0);
    let source = RemoteSource::http(remote, options(&[&server.url])).unwrap();
    let state = source.state();
    let mut updates = Box::new(source).updates();
    let mut store = LayeredStore::default();
    until(&mut updates, &mut store, |store| store.get("a").is_some_and(|entry| entry.stored().id() == 6))
        .await;
    let resumed: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|request| request.lines().find_map(|line| line.strip_prefix("x-prefab-start-at-id: ")))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(resumed, ["1", "2", "2", "2"]);
    let _ = tokio::time::timeout(Duration::from_millis(50), updates.next()).await;
    assert_eq!(*state.borrow(), RemoteState::Ready { source: "streaming".into() });
}

#[tokio::test]
async fn a_rejected_key_is_reported_within_a_second() {
    let server = Server::start(|_| Answer::status("401 Unauthorized")).await;
    let source = RemoteSource::http(RemoteOptions::new(ApiKey::new(KEY)), options(&[&server.url])).unwrap();
    let mut state = source.state();
    let mut updates = Box::new(source).updates();
    let started = Instant::now();
    let error = updates.next().await.unwrap().unwrap_err();
    assert!(error.is_unauthorized() && !error.is_retryable());
    assert!(!format!("{error} {error:?}").contains("abcdef"));
    let _ = tokio::time::timeout(Duration::from_millis(50), updates.next()).await;
    assert_eq!(*state.borrow_and_update(), RemoteState::Unauthorized(error));
    assert!(started.elapsed() < Duration::from_secs(1));
}
