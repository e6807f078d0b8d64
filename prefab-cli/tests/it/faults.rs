//! A client of a real server, behind a proxy with faults.
//!
//! During a fault the client evaluates immediately with its last configs and never returns an older value. After the
//! fault it has the configs of the server within one retry interval.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use prefab_client::{Client, ClientBuilder, Datasources};
use prefab_server::{KeyKind, Options, Running, serve};
use prefab_testing::{
    eventually,
    proxy::{Fault, FaultProxy},
    throughout, within,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const KEY: &str = "max-jobs";
const SECOND: Duration = Duration::from_secs(1);

/// A server, a proxy before it, and the runtime of both.
struct World {
    proxy: FaultProxy,
    server: Running,
    runtime: Runtime,
    _dir: TempDir,
}

impl World {
    /// Starts a server with the value 30.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(serve(Options::local(dir.path()))).unwrap();
        let proxy = FaultProxy::start(&runtime, server.address);
        let world = Self { proxy, server, runtime, _dir: dir };
        let rows = json!([{"values": [{"value": {"int": "30"}}]}]);
        world.post("config/", &json!({"key": KEY, "configType": "CONFIG", "valueType": "INT", "rows": rows}));
        world
    }

    fn key(&self, kind: KeyKind) -> String {
        self.server.keys.iter().find(|key| key.kind == kind).unwrap().key.clone()
    }

    /// Changes the value on the server, without the proxy.
    fn post(&self, path: &str, body: &Json) {
        let url = format!("{}/api/v1/{path}", self.server.url);
        let request = reqwest::Client::new()
            .post(url)
            .basic_auth("test", Some(self.key(KeyKind::Admin)))
            .header("content-type", "application/json")
            .body(body.to_string());
        let status = self.runtime.block_on(request.send()).unwrap().status();
        assert!(status.is_success(), "{status}");
    }

    fn set(&self, value: i64) {
        self.post("config/set-default/", &json!({"configKey": KEY, "value": {"int": value.to_string()}}));
    }

    fn turn(&mut self, fault: &Fault) {
        self.proxy.set(&self.runtime, fault);
    }

    /// A client of the server, through the proxy.
    fn builder(&self) -> ClientBuilder {
        Client::in_memory()
            .datasources(Datasources::All)
            .api_key(self.key(KeyKind::Backend))
            .api_urls([self.proxy.url()])
            .local_cache(false)
    }
}

/// Evaluates continuously.
struct Asker {
    client: Client,
    done: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<i64>>>,
    asking: JoinHandle<(u64, Duration)>,
}

impl Asker {
    fn start(client: Client) -> Self {
        let (done, seen) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<i64>>>::default());
        let (ends, values, asks) = (Arc::clone(&done), Arc::clone(&seen), client.clone());
        let asking = thread::spawn(move || {
            let (mut answers, mut slowest) = (0, Duration::ZERO);
            while !ends.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let value: i64 = asks.get(KEY).expect("every get is answered");
                slowest = slowest.max(asked.elapsed());
                answers += 1;
                let mut seen = values.lock().unwrap();
                if seen.last() != Some(&value) {
                    seen.push(value);
                }
                drop(seen);
                thread::sleep(Duration::from_micros(200));
            }
            (answers, slowest)
        });
        Self { client, done, seen, asking }
    }

    /// The values so far, without repetitions.
    fn seen(&self) -> Vec<i64> {
        self.seen.lock().unwrap().clone()
    }

    fn until_seen(&self, value: i64) -> Duration {
        eventually(&format!("{value}: {:?}", self.client.problems()), || self.seen().contains(&value))
    }

    /// Stops, prints the figures and returns the values.
    fn end(self, what: &str) -> Vec<i64> {
        self.done.store(true, Ordering::Relaxed);
        let (answers, slowest) = self.asking.join().unwrap();
        println!("{what}: {answers} answers, the slowest in {slowest:?}");
        self.seen.lock().unwrap().clone()
    }
}

/// Checks a running client during a fault in which the server changes, and after it.
fn check(fault: &Fault, problem: &str) {
    let mut world = World::new();
    let asker = Asker::start(world.builder().build().unwrap());
    asker.until_seen(30);
    eventually("the stream", || world.proxy.streams() > 0);

    let began = Instant::now();
    world.turn(fault);
    world.set(50);
    if !problem.is_empty() {
        eventually(problem, || asker.client.problems().iter().any(|reported| reported.contains(problem)));
    }
    let rest = (2 * SECOND).saturating_sub(began.elapsed());
    throughout(rest, &format!("the last value stays through {fault:?}"), || asker.seen() == [30]);

    let outage = began.elapsed();
    world.turn(&Fault::None);
    let took = asker.until_seen(50);
    // A wait is at most twice as long as all waits before it; a pending request may hang for 4 s before.
    let limit = 2 * outage + 6 * SECOND;
    println!("{fault:?} for {outage:?}: converged after {took:?}");
    assert!(took < limit + 5 * SECOND, "converged after {took:?}, {limit:?} are allowed");
    eventually("that all is well", || asker.client.problems().is_empty());
    assert_eq!(asker.end(&format!("{fault:?}")), [30, 50]);
}

#[test]
fn answers_of_500() {
    check(&Fault::Status(500), "responded with 500");
}

#[test]
fn a_request_head_that_never_ends() {
    check(&Fault::SlowHead, "did not respond within 4 s");
}

#[test]
fn responses_and_events_cut_off() {
    check(&Fault::Cut, "closed the connection");
}

#[test]
fn responses_that_are_not_http() {
    check(&Fault::Bytes(b"\x16\x03\x01\x02\0\x01\0 noise\r\n\r\n".to_vec()), "could not be reached");
}

#[test]
fn a_connection_without_traffic() {
    check(&Fault::Silent, "");
}

#[test]
fn connections_refused() {
    check(&Fault::Refusing, "Connection refused");
}

#[test]
fn an_unreadable_event_is_recovered_without_reconnecting() {
    let mut world = World::new();
    let asker = Asker::start(world.builder().build().unwrap());
    asker.until_seen(30);
    eventually("the stream", || world.proxy.streams() == 1);
    world.turn(&Fault::Garbled);
    world.set(50);
    let took = asker.until_seen(50);
    println!("the lost message was made good after {took:?}");
    assert_eq!(world.proxy.streams(), 1);
    assert_eq!(asker.end("Garbled"), [30, 50]);
}

/// A rejected key is retried after 45 to 75 s. Set this variable to wait for the retry.
const LONG: &str = "PREFAB_TEST_LONG";

#[test]
fn a_key_that_is_temporarily_rejected() {
    let mut world = World::new();
    let asker = Asker::start(world.builder().build().unwrap());
    asker.until_seen(30);
    eventually("the stream", || world.proxy.streams() > 0);
    world.turn(&Fault::Status(401));
    world.set(50);
    let problem =
        || asker.client.problems().iter().any(|problem| problem.contains("rejected the API key: 401"));
    eventually("the refusal", problem);
    throughout(SECOND / 2, "the last value stays", || asker.seen() == [30]);
    if std::env::var_os(LONG).is_some() {
        world.turn(&Fault::None);
        let took = within(80 * SECOND, "the change", || asker.seen().contains(&50));
        println!("converged after {took:?}");
    }
    asker.end("Status(401)");
}

#[test]
fn a_first_server_that_does_not_resolve() {
    let world = World::new();
    let nowhere = "http://no-such-host.invalid".to_owned();
    let started = Instant::now();
    let asker = Asker::start(world.builder().api_urls([nowhere.clone(), world.proxy.url()]).build().unwrap());
    asker.until_seen(30);
    println!("the second server answered after {:?}", started.elapsed());
    // The stream moves to the second server, too.
    eventually("the stream", || world.proxy.streams() > 0);
    world.set(50);
    asker.until_seen(50);
    assert_eq!(asker.end("no such name"), [30, 50]);

    let alone =
        world.builder().api_urls([nowhere.clone()]).init_timeout(SECOND / 2).value(KEY, 7).build().unwrap();
    let message = alone.get::<i64>(KEY).unwrap_err().to_string();
    assert!(message.contains(&format!("no response from {nowhere} within 0.5 s")), "{message}");
    assert_eq!(alone.get_or(KEY, 0), 7);
}

#[test]
fn a_stale_cdn_does_not_revert_newer_configs() {
    let mut world = World::new();
    let url = format!("{}/api/v1/configs/0", world.server.url);
    let request = reqwest::Client::new().get(url).basic_auth("test", Some(world.key(KeyKind::Backend)));
    let old = world.runtime.block_on(async { request.send().await.unwrap().bytes().await.unwrap() });
    let mut answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    answer.extend_from_slice(&old);
    let mut cdn = FaultProxy::start(&world.runtime, world.server.address);
    cdn.set(&world.runtime, &Fault::Bytes(answer));

    // At the start, the stream delivers what the CDN does not have.
    world.set(50);
    let client = world.builder().cdn_url(cdn.url()).poll_interval(SECOND / 2).build().unwrap();
    let asker = Asker::start(client);
    asker.until_seen(50);
    eventually("the stream", || world.proxy.streams() > 0);
    world.set(60);
    asker.until_seen(60);

    // Without the API, the client reads the stale CDN repeatedly.
    world.turn(&Fault::Refusing);
    eventually("the outage", || !asker.client.problems().is_empty());
    let before = cdn.requests();
    eventually("more requests for the copy", || cdn.requests() >= before + 3);
    world.set(70);
    world.turn(&Fault::None);
    asker.until_seen(70);
    let seen = asker.end("a stale CDN");
    assert!(seen.is_sorted() && seen.ends_with(&[50, 60, 70]), "{seen:?}");
}

#[test]
fn a_client_survives_a_series_of_faults() {
    let mut world = World::new();
    let asker = Asker::start(world.builder().build().unwrap());
    asker.until_seen(30);
    let noise = Fault::Bytes(vec![0xff; 1000]);
    let faults =
        [Fault::Status(503), noise, Fault::Refusing, Fault::Cut, Fault::Garbled, Fault::Silent, Fault::Cut];
    for (nth, fault) in (1..).zip(faults) {
        world.turn(&fault);
        world.set(30 + nth);
        thread::sleep(SECOND / 3);
    }
    world.set(100);
    world.turn(&Fault::None);
    let took = asker.until_seen(100);
    println!("converged after {took:?}");
    let seen = asker.end("one after another");
    assert!(seen.is_sorted(), "{seen:?}");
}

#[test]
fn checkpoints_are_compressed_on_the_way() {
    let world = World::new();
    let filler = "the same text over and over, ".repeat(100);
    let rows = json!([{"values": [{"value": {"string": filler}}]}]);
    world.post(
        "config/",
        &json!({"key": "long", "configType": "CONFIG", "valueType": "STRING", "rows": rows}),
    );
    let client = world.builder().build().unwrap();
    assert_eq!(client.get::<String>("long").unwrap(), filler);
    assert_eq!(world.proxy.response_lines("content-encoding: gzip"), 1);
    eventually("the stream", || world.proxy.streams() == 1);
    assert_eq!(world.proxy.response_lines("content-encoding"), 1, "what streams is not");
}
