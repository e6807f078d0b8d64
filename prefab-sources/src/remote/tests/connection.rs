//! The connection during faults, as a table of faults, times and statuses on a stepped clock.

use std::time::UNIX_EPOCH;

use super::*;

impl Client {
    /// Returns the status, with times in seconds on the stepped clock.
    fn connection(&self) -> String {
        let connection = self.connection.borrow();
        match connection.status {
            ConnectionStatus::Connecting => "connecting".to_owned(),
            ConnectionStatus::Streaming => "streaming".to_owned(),
            ConnectionStatus::Polling => "polling".to_owned(),
            ConnectionStatus::Stale { since } => {
                format!("stale since {} s", since.duration_since(UNIX_EPOCH).unwrap().as_secs())
            }
            ConnectionStatus::Unauthorized => "unauthorized".to_owned(),
        }
    }
}

/// Connects, sends a keepalive after 15 s, applies a fault, and compares the status at times after the fault, in
/// milliseconds.
async fn check(fault: impl Fn(&Server), expected: &[(u64, &str)]) {
    let server = Server::with(&[("a", 1)]);
    let mut client = Client::of(&server);
    assert_eq!(client.connection(), "connecting");
    client.run(15 * SECOND).await;
    server.keep_alive();
    client.run(SECOND / 100).await;
    assert_eq!(client.connection(), "streaming");
    assert_eq!(client.connection.borrow().last_contact, Some(UNIX_EPOCH + 15 * SECOND));

    fault(&server);
    let mut now = 0;
    for (at, status) in expected {
        client.run(Duration::from_millis(at - now)).await;
        now = *at;
        assert_eq!(client.connection(), *status, "after {at} ms");
    }
    server.mood(Mood::Well);
    let took = client.until(|client| client.connection() == "streaming").await;
    assert!(took <= 76 * SECOND, "took {took:?}");
    let connection = client.connection.borrow().clone();
    assert_eq!((connection.source.as_deref(), connection.is_stream_down), (Some("streaming"), false));
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_visible_immediately_and_until_it_ends() {
    let old = "stale since 15 s";
    check(|server| server.mood(Mood::Away), &[(1, old), (10_000, old), (120_000, old), (600_000, old)]).await;
    check(|server| server.mood(Mood::Hanging), &[(1, old), (10_000, old), (120_000, old)]).await;
    check(
        |server| server.mood(Mood::Refusing),
        &[(1, old), (2_000, "unauthorized"), (120_000, "unauthorized")],
    )
    .await;
    // Only streams fail: the server is polled after a minute.
    check(|server| server.stream_mood(Mood::Away), &[(1, old), (50_000, old), (95_000, "polling")]).await;
    check(|server| server.stream_mood(Mood::Silent), &[(1, old), (50_000, old), (125_000, "polling")]).await;
    // Polling fails, too, after it has worked.
    let polled = |server: &Server| {
        server.mood(Mood::Away);
        server.checkpoint_mood(Mood::Well);
    };
    check(polled, &[(1, old), (95_000, "polling"), (300_000, "polling")]).await;
    // A server that ends streams as a balancer does.
    check(|server| server.stream_mood(Mood::Well), &[(1, old), (2_000, "streaming")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_again_and_again_is_never_reported_wrongly() {
    let server = Server::with(&[("a", 1)]);
    let mut client = Client::of(&server);
    let mut stale = 0;
    for step in 0..1_200 {
        if step % 30 == 0 {
            server.stream_mood(Mood::Well);
        }
        client.run(SECOND / 10).await;
        let has_stream = server.streams() > 0;
        assert_eq!(client.connection() == "streaming", has_stream, "in step {step}");
        assert_eq!(client.connection.borrow().is_stream_down, !has_stream, "in step {step}");
        stale += usize::from(!has_stream);
    }
    assert!(stale > 300, "the delays between attempts have grown: {stale} steps");
    assert!(client.errors.is_empty(), "{:?}", client.errors);
}

#[tokio::test(start_paused = true)]
async fn a_start_without_a_server_is_connecting_or_as_old_as_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[("a", 1)]);
    Client::cached(&server, dir.path()).run(SECOND).await;
    server.mood(Mood::Away);
    let mut client = Client::of(&server);
    client.run(MINUTE).await;
    assert_eq!((client.connection().as_str(), client.connection.borrow().last_contact), ("connecting", None));
    let mut client = Client::cached(&server, dir.path());
    client.run(SECOND).await;
    assert_eq!(
        (client.connection().as_str(), client.connection.borrow().last_contact),
        ("stale since 0 s", None)
    );
    assert_eq!(client.connection.borrow().source.as_deref(), Some("cache"));
    server.mood(Mood::Well);
    client.run(31 * SECOND).await;
    assert_eq!(client.connection(), "streaming");
}
