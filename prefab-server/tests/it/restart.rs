//! Killed without warning, again and again: what was acknowledged is there, and ids never repeat.
//!
//! The server is this test program itself, run once more with a name that only then does something.

use std::{
    collections::BTreeMap,
    env,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use prefab_core::Value;
use prefab_proto::convert;
use prefab_server::{KeyKind, Options, serve};
use prefab_testing::eventually_some;
use reqwest::Client;
use rusqlite::Connection;
use serde_json::json;

/// Names the number of kills, where they are to be more.
const ROUNDS: &str = "PREFAB_TEST_KILLS";
const FOLDER: &str = "PREFAB_TEST_SERVER_FOLDER";

/// Serves until it is killed, if it was started by the test below.
#[tokio::test]
async fn a_server_starts_and_serves() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let running = serve(Options::local(&folder)).await.unwrap();
    std::fs::write(format!("{folder}/url.new"), &running.url).unwrap();
    std::fs::rename(format!("{folder}/url.new"), format!("{folder}/url")).unwrap();
    running.wait().await;
}

fn start(folder: &str) -> Child {
    let _ = std::fs::remove_file(format!("{folder}/url"));
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "restart::a_server_starts_and_serves", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn url(folder: &str) -> String {
    let file = format!("{folder}/url");
    eventually_some("the server starts", async || std::fs::read_to_string(&file).ok()).await
}

/// What writers were reply, and what they have asked for since.
#[derive(Default)]
struct Ledger {
    /// The number and the id of each key's last acknowledged write.
    acknowledged: BTreeMap<String, (u64, i64)>,
    /// The number of each key's last write, acknowledged or not.
    asked: BTreeMap<String, u64>,
    writes: usize,
    /// How many writes were under way when the server was killed.
    cut: usize,
    highest: i64,
}

/// The number of concurrent writers.
const WRITERS: usize = 4;
/// Keys that are written over and over, by each of them.
const KEYS: u64 = 3;

/// Writes one key after another, until the server is gone.
async fn write(
    url: String,
    admin: String,
    writer: usize,
    mut number: u64,
) -> (Vec<(String, u64, i64)>, (String, u64)) {
    let http = Client::new();
    let mut reply = Vec::new();
    loop {
        number += 1;
        let key = format!("writer{writer}.key{}", number % KEYS);
        let path = if number <= KEYS { "config/" } else { "config/set-default/" };
        let body = match path {
            "config/" => crate::common::text_config(&key, &number.to_string()),
            _ => json!({"configKey": key, "value": {"string": number.to_string()}}),
        };
        let request = http.post(format!("{url}/api/v1/{path}")).basic_auth("u", Some(&admin));
        let Ok(response) = request.body(body.to_string()).send().await else { return (reply, (key, number)) };
        // A head without its body acknowledges nothing yet.
        let Ok(bytes) = response.bytes().await else { return (reply, (key, number)) };
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let id = json["newId"].as_str().or_else(|| json["response"]["newId"].as_str());
        match id {
            Some(id) => reply.push((key, number, id.parse().unwrap())),
            // A key whose first write was cut may be there or not; whichever it is, it gets past this.
            None => reply.extend(create_or_change(&http, &url, &admin, key, number).await),
        }
    }
}

async fn create_or_change(
    http: &Client,
    url: &str,
    admin: &str,
    key: String,
    number: u64,
) -> Option<(String, u64, i64)> {
    let value = number.to_string();
    let change = json!({"configKey": key, "value": {"string": value}});
    for (path, body) in
        [("config/", crate::common::text_config(&key, &value)), ("config/set-default/", change)]
    {
        let request = http.post(format!("{url}/api/v1/{path}")).basic_auth("u", Some(admin));
        let (_, json) = crate::common::answer(request.body(body.to_string()).send().await.ok()?).await;
        let id = json["newId"].as_str().or_else(|| json["response"]["newId"].as_str());
        if let Some(id) = id {
            return Some((key, number, id.parse().unwrap()));
        }
    }
    None
}

impl Ledger {
    /// Runs all writers until the server is killed.
    async fn round(&mut self, folder: &str, admin: &str, lives: Duration) {
        let mut server = start(folder);
        let url = url(folder).await;
        let mut writing = Vec::new();
        for writer in 0..WRITERS {
            let prefix = format!("writer{writer}.");
            let numbers = self.asked.iter().filter(|(key, _)| key.starts_with(&prefix));
            let last = numbers.map(|(_, number)| *number).max().unwrap_or_default();
            writing.push(tokio::spawn(write(url.clone(), admin.to_owned(), writer, last)));
        }
        // The moment of the kill is the subject of the test, so this waits a given time.
        tokio::time::sleep(lives).await;
        server.kill().unwrap();
        server.wait().unwrap();
        let before = self.highest;
        for writing in writing {
            let (reply, (cut, number)) = writing.await.unwrap();
            for (key, number, id) in reply {
                assert!(id > before, "id {id} was given before the restart, whose highest was {before}");
                self.highest = self.highest.max(id);
                self.asked.insert(key.clone(), number);
                self.acknowledged.insert(key, (number, id));
                self.writes += 1;
            }
            self.asked.insert(cut, number);
            self.cut += 1;
        }
    }

    /// Checks the database file while no server is running.
    fn check(&self, folder: &str) {
        let file = Connection::open(format!("{folder}/prefab.db")).unwrap();
        let intact: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(intact, "ok");
        let count = |sql: &str| -> i64 { file.query_row(sql, [], |row| row.get(0)).unwrap() };
        let heads = "SELECT count(*) FROM config_head h WHERE h.id != (SELECT max(v.id) FROM config_version v
                     WHERE v.project_id = h.project_id AND v.key = h.key)";
        assert_eq!(count(heads), 0, "a head is the newest version of its key");
        let orphans = "SELECT count(*) FROM config_version v WHERE previous_id IS NOT NULL AND NOT EXISTS
                       (SELECT 1 FROM config_version p WHERE p.id = v.previous_id AND p.key = v.key)";
        assert_eq!(count(orphans), 0, "every version follows one of its key");
        assert!(
            count("SELECT last_id FROM project") >= count("SELECT coalesce(max(id), 0) FROM config_version")
        );
        assert!(count("SELECT coalesce(max(id), 0) FROM config_version") >= self.highest);
        for (key, (number, id)) in &self.acknowledged {
            let find = "SELECT count(*) FROM config_version WHERE id = ?1 AND key = ?2";
            let found: i64 = file.query_row(find, (id, key), |row| row.get(0)).unwrap();
            assert_eq!(found, 1, "write {number} of `{key}` was acknowledged as {id}");
        }
    }
}

/// Kills the server until there were this many rounds and acknowledged writes.
async fn kill_again_and_again(rounds: usize, writes: usize) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    // The first start is in here, for its keys.
    let first = serve(Options::local(folder)).await.unwrap();
    let of = |kind| first.keys.iter().find(|key| key.kind == kind).unwrap().key.clone();
    let (admin, backend) = (of(KeyKind::Admin), of(KeyKind::Backend));
    first.shutdown().await;

    let (mut ledger, started) = (Ledger::default(), Instant::now());
    let mut round = 0;
    while round < rounds || ledger.writes < writes {
        assert!(started.elapsed() < Duration::from_secs(600), "{} writes in {round} rounds", ledger.writes);
        // Chance decides when, as it does elsewhere.
        let chance = started.elapsed().subsec_nanos() % 400;
        ledger.round(folder, &admin, Duration::from_millis(u64::from(30 + chance))).await;
        ledger.check(folder);
        round += 1;
    }
    let mut server = start(folder);
    let url = url(folder).await;
    let request = Client::new().get(format!("{url}/api/v1/configs/0")).basic_auth("u", Some(&backend));
    let set = convert::decode(&request.send().await.unwrap().bytes().await.unwrap()).unwrap().set;
    server.kill().unwrap();
    server.wait().unwrap();
    for (key, (number, id)) in &ledger.acknowledged {
        let config = set.configs.iter().find(|config| config.key == *key).unwrap();
        assert!(config.id >= *id, "`{key}` is at {}, behind {id}", config.id);
        let Value::String(value) = &config.rows[0].values[0].value.as_ref().unwrap().value else { panic!() };
        let value: u64 = value.parse().unwrap();
        assert!(value >= *number && value <= ledger.asked[key], "`{key}` is {value}, not {number}");
    }
    println!(
        "{} writes acknowledged, {} cut, in {round} rounds and {:?}: none lost",
        ledger.writes,
        ledger.cut,
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_kill() {
    let rounds = env::var(ROUNDS).map_or(10, |rounds| rounds.parse().unwrap());
    kill_again_and_again(rounds, 500.max(rounds * 20)).await;
}
