//! The source against a server in memory, with a stepped clock.

mod connection;
mod server;

use std::{path::Path, time::Duration};

use futures_util::StreamExt as _;
use prefab_core::LayeredStore;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::*;
use crate::SourceUpdate;
use server::{Mood, Server};

/// A source and the store it fills.
struct Client {
    updates: UpdateStream,
    state: watch::Receiver<RemoteState>,
    connection: watch::Receiver<Connection>,
    store: LayeredStore,
    findings: Vec<String>,
    errors: Vec<String>,
}

impl Client {
    fn of(server: &Server) -> Self {
        Self::start(server, None)
    }

    fn cached(server: &Server, dir: &Path) -> Self {
        Self::start(server, Some(dir.to_owned()))
    }

    fn start(server: &Server, cache_dir: Option<PathBuf>) -> Self {
        let mut options = RemoteOptions::new(ApiKey::new("123-key"));
        options.cache_dir = cache_dir;
        let mut random = fastrand::Rng::with_seed(7);
        options.random = Box::new(move || random.f64());
        // Every client's clock starts at 0.
        let start = Instant::now();
        options.now = Box::new(move || SystemTime::UNIX_EPOCH + start.elapsed());
        let source = RemoteSource::over(server.clone(), options);
        let (state, connection) = (source.state(), source.connection());
        Self {
            updates: Box::new(source).updates(),
            state,
            connection,
            store: LayeredStore::default(),
            findings: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Applies the updates of a period.
    async fn run(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(item) = tokio::time::timeout_at(end, self.updates.next()).await {
            match item.expect("a server never ends") {
                Ok(SourceUpdate { update, findings }) => {
                    self.store.apply(update);
                    self.findings.extend(findings.iter().map(ToString::to_string));
                }
                Err(error) => self.errors.push(error.to_string()),
            }
        }
    }

    /// Applies updates until `holds`, and returns how long that took.
    async fn until(&mut self, holds: impl Fn(&Self) -> bool) -> Duration {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < Duration::from_secs(600), "waited in vain: {:?}", self.state);
            self.run(Duration::from_millis(10)).await;
        }
        started.elapsed()
    }

    fn ids(&self) -> String {
        let ids = self.store.entries().map(|entry| format!("{}@{}", entry.key(), entry.stored().id()));
        let mut ids: Vec<_> = ids.collect();
        ids.sort();
        ids.join(" ")
    }

    fn state(&self) -> String {
        match &*self.state.borrow() {
            RemoteState::Connecting => "connecting".to_owned(),
            RemoteState::Ready { source } => format!("ready by {source}"),
            RemoteState::Unauthorized(_) => "unauthorized".to_owned(),
            RemoteState::Failed(error) => format!("failed: {error}"),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_change_arrives_immediately() {
    let server = Server::with(&[("a", 1), ("b", 2)]);
    let mut client = Client::of(&server);
    assert_eq!(client.state(), "connecting");
    client.run(SECOND).await;
    assert_eq!((client.ids().as_str(), client.state().as_str()), ("a@1 b@2", "ready by streaming"));
    assert_eq!(server.requests(), ["checkpoint 0", "stream 2"]);
    assert_eq!(&*client.store.get("a").unwrap().provenance().source, "remote_api");

    server.set("a", 3);
    server.delete("b", 4);
    client.run(Duration::from_millis(1)).await;
    assert_eq!(client.ids(), "a@3");
    assert_eq!(&*client.store.get("a").unwrap().provenance().source, "streaming");
    assert!(client.errors.is_empty() && client.findings.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_state_is_visible_after_its_update_is_applied() {
    let mut client = Client::of(&Server::with(&[("a", 1)]));
    let first = client.updates.next().await;
    assert!(first.is_some());
    assert_eq!(client.state(), "connecting");
    assert!(timeout(SECOND, client.updates.next()).await.is_err());
    assert_eq!(client.state(), "ready by streaming");
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_is_closed_and_polling_catches_up() {
    let server = Server::with(&[("a", 1)]);
    server.stream_mood(Mood::Silent);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    server.set("a", 2);
    let took = client.until(|client| client.ids() == "a@2").await;
    assert!(took < MINUTE + 2 * SECOND, "took {took:?}");

    client.run(10 * MINUTE).await;
    let opened = server.requests().iter().filter(|request| request.starts_with("stream")).count();
    assert!((6..=12).contains(&opened), "{opened} streams in ten minutes");
    assert_eq!(client.errors, ["streaming: the stream was idle for 60 s"]);

    // Keepalives are enough to keep the stream.
    server.stream_mood(Mood::Well);
    client.run(2 * MINUTE).await;
    let before = server.requests().len();
    for _ in 0..20 {
        server.keep_alive();
        client.run(30 * SECOND).await;
    }
    assert_eq!(server.requests().len(), before);
}

#[tokio::test(start_paused = true)]
async fn polling_continues_while_streams_deliver_nothing() {
    let server = Server::with(&[("a", 1)]);
    server.stream_mood(Mood::Cutting);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    for id in 2..5 {
        server.set("a", id);
        let took = client.until(|client| client.ids() == format!("a@{id}")).await;
        assert!(took <= MINUTE + 30 * SECOND, "took {took:?}");
    }
    client.run(10 * MINUTE).await;
    let asked = server.requests().len();
    assert!(asked < 60, "asked {asked} times in fifteen minutes");
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_source_catches_up_within_one_delay() {
    for minutes in [0, 1, 10, 60] {
        let server = Server::with(&[("a", 1), ("b", 2)]);
        let mut client = Client::of(&server);
        client.run(MINUTE / 4).await;
        server.mood(Mood::Away);
        let before = server.requests().len();
        server.set("a", 3);
        server.delete("b", 4);
        client.run(minutes * MINUTE).await;
        let asked = server.requests().len() - before;
        assert!(asked <= 12 + minutes as usize * 2 * 4, "asked {asked} times in {minutes} min");
        assert_eq!(client.ids(), "a@1 b@2");

        server.mood(Mood::Well);
        let took = client.until(|client| client.ids() == "a@3").await;
        assert!(took <= 30 * SECOND + SECOND / 10, "took {took:?} after {minutes} min");
        client.run(SECOND).await;
        assert_eq!(client.state(), "ready by streaming");
        assert!(client.errors.len() <= 2, "{:?}", client.errors);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_key_is_reported_immediately_and_retried_slowly() {
    let server = Server::with(&[("a", 1)]);
    server.mood(Mood::Refusing);
    let mut client = Client::of(&server);
    client.run(SECOND / 100).await;
    assert_eq!(client.state(), "unauthorized");
    assert_eq!(client.errors, ["remote_api: refused"]);
    client.run(30 * MINUTE).await;
    let asked = server.requests().len();
    assert!((25..=42).contains(&asked), "asked {asked} times in half an hour");
    assert_eq!(client.errors.len(), 1);

    server.mood(Mood::Well);
    client.run(75 * SECOND).await;
    assert_eq!((client.ids().as_str(), client.state().as_str()), ("a@1", "ready by streaming"));
}

#[tokio::test(start_paused = true)]
async fn a_cdn_behind_the_api_reverts_nothing() {
    let server = Server::with(&[("a", 1), ("b", 2)]);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    server.set("a", 3);
    server.delete("b", 4);
    client.run(SECOND).await;
    server.checkpoint_mood(Mood::Stale(2));
    server.stream_mood(Mood::Away);
    client.run(5 * MINUTE).await;
    assert_eq!(client.ids(), "a@3");
    assert!(server.requests().iter().filter(|request| *request == "checkpoint 4").count() > 2);

    // At startup the stream delivers what the copy lacks.
    server.stream_mood(Mood::Well);
    let mut fresh = Client::of(&server);
    fresh.run(SECOND).await;
    assert_eq!(fresh.ids(), "a@3");
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_message_triggers_a_checkpoint_and_keeps_the_stream() {
    let server = Server::with(&[("a", 1), ("b", 2)]);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    // A silent change represents the content of the message.
    server.set_silently("a", 3);
    server.send_garbage();
    server.set("b", 4);
    client.run(SECOND).await;
    assert_eq!(client.ids(), "a@3 b@4");
    assert_eq!(client.findings, ["streaming: skipped a message: it is garbage"]);
    assert_eq!(server.requests(), ["checkpoint 0", "stream 2", "checkpoint 2"]);

    // With only unreadable messages, requests become rarer.
    let garbage = async {
        loop {
            server.send_garbage();
            tokio::time::sleep(SECOND / 10).await;
        }
    };
    tokio::select! {
        () = client.run(10 * MINUTE) => {}
        () = garbage => {}
    }
    let asked = server.requests().len();
    assert!((40..=100).contains(&asked), "asked {asked} times in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_config_is_requested_again() {
    let server = Server::with(&[("a", 1), ("b", 2)]);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    server.set_silently("a", 3);
    server.send_damaged();
    server.set("b", 4);
    client.run(SECOND).await;
    assert_eq!(client.ids(), "a@3 b@4");
    assert_eq!(server.requests(), ["checkpoint 0", "stream 2", "checkpoint 2"]);
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_used_at_startup_while_all_servers_are_down() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[("a", 1), ("b", 2), ("c", 3)]);
    let mut first = Client::cached(&server, dir.path());
    first.run(SECOND).await;
    server.set("a", 4);
    server.delete("b", 5);
    first.run(3 * SECOND).await;
    drop(first);

    server.mood(Mood::Away);
    server.delete("c", 6);
    let mut second = Client::cached(&server, dir.path());
    second.run(SECOND).await;
    assert_eq!((second.ids().as_str(), second.state().as_str()), ("a@4 c@3", "ready by cache"));
    assert_eq!(&*second.store.get("a").unwrap().provenance().source, "cache");
    assert_eq!(second.findings.len(), 1, "{:?}", second.findings);
    assert!(second.findings[0].starts_with("cache: the server does not respond; values are from "));
    assert_eq!(server.requests().last().unwrap(), "stream 5", "it resumes after the newest id");

    server.mood(Mood::Well);
    second.until(|client| client.ids() == "a@4").await;
    second.run(SECOND).await;
    assert_eq!(second.state(), "ready by streaming");
}

#[tokio::test(start_paused = true)]
async fn a_startup_with_a_cache_waits_two_seconds_for_a_hanging_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[("a", 1)]);
    Client::cached(&server, dir.path()).run(SECOND).await;
    server.mood(Mood::Hanging);
    let mut client = Client::cached(&server, dir.path());
    client.run(SECOND).await;
    assert_eq!((client.ids().as_str(), client.state().as_str()), ("a@1", "connecting"));
    client.run(SECOND + SECOND / 10).await;
    assert_eq!(client.state(), "ready by cache");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_cache_is_ignored_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&[("a", 1)]);
    Client::cached(&server, dir.path()).run(SECOND).await;
    let path = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&path, "garbage").unwrap();
    let mut client = Client::cached(&server, dir.path());
    client.run(SECOND).await;
    assert_eq!(client.ids(), "a@1");
    let expected = format!("cache: ignored the cache file `{}`: not a cache of this version", path.display());
    assert_eq!(client.findings, [expected]);
    assert!(std::fs::read(&path).unwrap().starts_with(b"prefab cache 1\n"));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_reconnects_leak_nothing() {
    let server = Server::with(&[("a", 1)]);
    server.stream_mood(Mood::Ending);
    let mut client = Client::of(&server);
    client.run(SECOND).await;
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    while server.opened() < 10_000 {
        server.set("a", server.newest() + 1);
        client.run(10 * MINUTE).await;
        assert_eq!(client.ids(), format!("a@{}", server.newest()));
    }
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), tasks);
    assert!(client.errors.is_empty(), "{:?}", client.errors);
}
