//! Killed without warning, again and again: what was acknowledged is there, and ids never repeat.
//!
//! The server is this test program itself, run once more with a name that only then does something.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

use prefab_proto::convert;
use prefab_server::{KeyKind, Options, serve};
use reqwest::Client;

const ROUNDS: usize = 5;
const WRITES: usize = 200;
const FOLDER: &str = "PREFAB_TEST_SERVER_FOLDER";

/// Serves until it is killed, if it was started by the test below.
#[tokio::test]
async fn serves_when_asked() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let running = serve(Options::local(&folder)).await.unwrap();
    std::fs::write(format!("{folder}/url.new"), &running.url).unwrap();
    std::fs::rename(format!("{folder}/url.new"), format!("{folder}/url")).unwrap();
    running.wait().await;
}

fn start(folder: &str) -> std::process::Child {
    let _ = std::fs::remove_file(format!("{folder}/url"));
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serves_when_asked", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn url(folder: &str) -> String {
    for _ in 0..1_000 {
        if let Ok(url) = std::fs::read_to_string(format!("{folder}/url")) {
            return url;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server did not start");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    // The first start is in here, for its keys.
    let first = serve(Options::local(folder)).await.unwrap();
    let of = |kind| first.keys.iter().find(|key| key.kind == kind).unwrap().key.clone();
    let (admin, backend) = (of(KeyKind::Admin), of(KeyKind::Backend));
    first.shutdown().await;

    let http = Client::new();
    let mut acknowledged: BTreeMap<String, i64> = BTreeMap::new();
    let mut highest = 0;
    for round in 0..ROUNDS {
        let mut server = start(folder);
        let url = url(folder).await;
        let killed_after = 20 + (round * 7_919 + std::process::id() as usize) % WRITES;
        for write in 0..WRITES {
            if write == killed_after {
                server.kill().unwrap();
            }
            let key = format!("k{round}.{write}");
            let body = common::text_config(&key, "v").to_string();
            let request = http.post(format!("{url}/api/v1/config/")).basic_auth("u", Some(&admin)).body(body);
            let Ok(response) = request.send().await else { break };
            let (_, json) = common::answer(response).await;
            let id: i64 = json["newId"].as_str().unwrap().parse().unwrap();
            assert!(id > highest, "id {id} after {highest}");
            highest = id;
            acknowledged.insert(key, id);
        }
        let _ = server.kill();
        server.wait().unwrap();
    }
    let mut server = start(folder);
    let url = url(folder).await;
    let request = http.get(format!("{url}/api/v1/configs/0")).basic_auth("u", Some(&backend));
    let set = convert::decode(&request.send().await.unwrap().bytes().await.unwrap()).unwrap().set;
    server.kill().unwrap();
    server.wait().unwrap();
    let there: BTreeMap<String, i64> =
        set.configs.into_iter().map(|config| (config.key, config.id)).collect();
    for (key, id) in &acknowledged {
        assert_eq!(there.get(key), Some(id), "{key}");
    }
    assert!(acknowledged.len() > 20 * ROUNDS / 2);
}
