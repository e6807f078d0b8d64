//! Servers that are killed lose nothing.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use prefab_testing::{TEST_TIMEOUT, postgres::Postgres};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{KEY, Process, Server, prefab, try_send};

/// Writes rising values of a key to one server after another, and returns the ids of the acknowledged versions.
fn write(servers: &[String], admin: &str, key: &str, is_over: &AtomicBool) -> Vec<i64> {
    let mut acknowledged = Vec::new();
    for (value, url) in (1..).zip(servers.iter().cycle()) {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let change = json!({"configKey": key, "value": {"int": value.to_string()}}).to_string();
        if let Some((200, _, body)) = try_send(url, "POST", "/api/v1/config/set-default/", admin, &change) {
            let reply: Json = serde_json::from_str(&body).unwrap();
            let id = reply["newId"].as_str().or_else(|| reply["response"]["newId"].as_str());
            acknowledged.push(id.unwrap_or_else(|| panic!("{body}")).parse().unwrap());
        }
    }
    acknowledged
}

/// The number of kills without `PREFAB_TEST_KILLS`. They take about a minute on two cores.
const KILLS: usize = 200;

/// How long a server runs before it is killed, in milliseconds. The time is random, so that a kill can hit any moment of a write,
/// of a refresh, and of the start of another server.
const RUN_MILLIS: std::ops::Range<u64> = 10..300;

/// How long a client may take to receive the last change.
const CONVERGENCE_TIMEOUT: Duration = Duration::from_secs(2);

/// `PREFAB_TEST_KILLS=10000` is a test for a night.
#[test]
fn servers_that_are_killed_in_turn_lose_nothing() {
    let Some(database) = Postgres::start() else { return };
    let kills = std::env::var("PREFAB_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let dir = TempDir::new().unwrap();
    let data = |number: usize| format!("data{number}");
    let servers: Vec<Server> =
        (0..3).map(|number| Server::start(&dir, &database.url(), &data(number))).collect();
    let (admin, backend) = (servers[0].key("admin"), servers[0].key("backend"));
    let urls: Vec<String> = servers.iter().map(|server| server.url.clone()).collect();
    let keys = [KEY, "b", "c"];
    for key in keys {
        let config = json!({"key": key, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "0"}}]}]});
        assert_eq!(servers[0].send("POST", "/api/v1/config/", &admin, &config.to_string()).0, 200);
    }
    let clients: Vec<Process> = urls
        .iter()
        .enumerate()
        .map(|(number, url)| {
            let mut client = prefab(&dir);
            client.args(["watch", KEY, "--json"]).env("PREFAB_API_KEY", &backend).env("PREFAB_API_URL", url);
            client.env("XDG_CACHE_HOME", dir.path().join(format!("cache{number}")));
            Process::start(client)
        })
        .collect();
    let (is_over, mut servers_after) = (AtomicBool::new(false), Vec::new());
    let acknowledged: Vec<Vec<i64>> = thread::scope(|scope| {
        let writers: Vec<_> =
            keys.iter().map(|key| scope.spawn(|| write(&urls, &admin, key, &is_over))).collect();
        let left = AtomicUsize::new(kills);
        let kill = &|number: usize, mut server: Server| {
            let listen = server.url.trim_start_matches("http://").to_owned();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                thread::sleep(Duration::from_millis(fastrand::u64(RUN_MILLIS)));
                server.process.child.kill().unwrap();
                server.process.child.wait().unwrap();
                server = Server::start_at(&dir, &database.url(), &data(number), &listen);
            }
            server
        };
        thread::scope(|scope| {
            let started = servers.into_iter().enumerate();
            let killers: Vec<_> =
                started.map(|(number, server)| scope.spawn(move || kill(number, server))).collect();
            servers_after = killers.into_iter().map(|killer| killer.join().unwrap()).collect();
        });
        is_over.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    for (key, acknowledged) in keys.iter().zip(&acknowledged) {
        assert!(acknowledged.len() > kills / 2, "{key}: {}", acknowledged.len());
        assert!(acknowledged.is_sorted_by(|before, after| before < after), "{key}: {acknowledged:?}");
        let list: Vec<String> = acknowledged.iter().map(ToString::to_string).collect();
        let stored = database.sql(&format!(
            "SELECT count(*) FROM prefab.config_version WHERE key = '{key}' AND id IN ({})",
            list.join(", ")
        ));
        assert_eq!(stored, acknowledged.len().to_string(), "{key}: an acknowledged change is lost");
    }
    let mut newest = vec![0; clients.len()];
    // Clients wait longer after each failed attempt to connect. The first value is for those that wait.
    for (last, timeout) in [(1_000_000, TEST_TIMEOUT), (2_000_000, CONVERGENCE_TIMEOUT)] {
        assert_eq!(servers_after[1].set(&admin, last).0, 200);
        let written = Instant::now();
        for (client, newest) in clients.iter().zip(&mut newest) {
            while *newest != last {
                let value = client.line()["value"].as_i64().unwrap();
                assert!(value >= *newest, "a client saw {value} after {newest}");
                *newest = value;
                assert!(written.elapsed() < timeout, "{newest} after {:?}", written.elapsed());
            }
        }
    }
}
