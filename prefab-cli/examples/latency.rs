//! How long after a change is acknowledged every client's `get` gives the new value.
//!
//! ```sh
//! cargo run --release -p prefab-cli --example latency
//! ```

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use prefab_client::{Client, Subscription};
use prefab_server::{KeyKind, Options, Running};
use serde_json::json;

const CHANGES: i64 = 30;
const KEY: &str = "max-jobs";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("prefab-latency-{}", std::process::id()));
    let server = prefab_server::serve(Options::local(&dir)).await?;
    let admin = key(&server, KeyKind::Admin)?;
    let config = json!({"key": KEY, "configType": "CONFIG", "valueType": "INT",
                        "rows": [{"values": [{"value": {"int": "0"}}]}]});
    post(&server, &admin, "config/", &config).await?;
    for clients in [1, 100, 1_000] {
        measure(&server, &admin, clients).await?;
    }
    server.shutdown().await;
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

async fn measure(server: &Running, admin: &str, count: usize) -> anyhow::Result<()> {
    let backend = key(server, KeyKind::Backend)?;
    let (sender, seen) = mpsc::channel();
    let mut clients: Vec<(Client, Subscription)> = Vec::new();
    for _ in 0..count {
        let builder = Client::in_memory().datasources(prefab_client::Datasources::All);
        let client =
            builder.api_key(&backend).api_urls([&server.url]).local_cache(false).build_async().await?;
        let (reader, sender) = (client.clone(), sender.clone());
        let listening = client.on_change(move |_| {
            // The receiver may have stopped.
            let _ = sender.send((reader.get_or::<i64>(KEY, -1), Instant::now()));
        });
        clients.push((client, listening));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    while seen.try_recv().is_ok() {}

    let mut times = Vec::new();
    for change in 1..=CHANGES {
        let value = change + i64::try_from(count)? * 1_000;
        let body = json!({"configKey": KEY, "value": {"int": value.to_string()}});
        post(server, admin, "config/set-default/", &body).await?;
        let acknowledged = Instant::now();
        for _ in 0..count {
            let (got, at) = seen.recv_timeout(Duration::from_secs(20))?;
            ensure!(got == value, "a client returned {got}, not {value}");
            times.push(at.saturating_duration_since(acknowledged));
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{count} clients: median {:.2?}, p99 {:.2?} after the acknowledgement", at(50), at(99));
    Ok(())
}

fn key(server: &Running, kind: KeyKind) -> anyhow::Result<String> {
    let key = server.keys.iter().find(|key| key.kind == kind).context("no key of this kind")?;
    Ok(key.key.clone())
}

async fn post(server: &Running, key: &str, path: &str, body: &serde_json::Value) -> anyhow::Result<()> {
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/{path}", server.url))
        .basic_auth("latency", Some(key))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await?;
    ensure!(answer.status().is_success(), "refused: {}", answer.text().await?);
    Ok(())
}
