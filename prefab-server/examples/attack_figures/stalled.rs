//! Readers of the stream that do not read.

use std::{path::Path, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{Result, payload, probe::Probe, server::Server, table::Figures};

pub(crate) async fn stalled(binary: &Path) -> Result<Figures> {
    // The current state, with which a stream begins, is larger than what the operating system keeps for a connection.
    let one = measure(binary, (50_000, 0), &["Development"], 280).await?;
    let three = measure(binary, (10_000, 600), &["Development", "Staging", "Production"], 600).await?;
    Ok(one.prefixed("50,000 configs, 1 reader: ").extend(three.prefixed("10,000 configs, 3 readers: ")))
}

async fn measure(
    binary: &Path,
    (configs, padding): (usize, usize),
    environments: &[&str],
    changes: usize,
) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let import = payload::import(configs, padding);
    server.manage("POST", "/import?dryRun=false", &import, Duration::from_secs(120)).await;
    // Memory that changes need in any case.
    change(&server, 60).await?;
    let without = server.memory("VmRSS");
    let probe = Probe::start(server.address);
    let mut readers = Vec::new();
    for environment in environments {
        let mut reader = server.connect().await?;
        let basic = BASE64_STANDARD.encode(format!("u:{}", server.key(environment, "backend")));
        let request = format!(
            "GET /api/v1/sse/config HTTP/1.1\r\nhost: a\r\nauthorization: Basic {basic}\r\n\
             x-prefab-start-at-id: 0\r\n\r\n"
        );
        reader.write_all(request.as_bytes()).await?;
        // The stream is open once it sends something.
        reader.read_exact(&mut [0; 64]).await?;
        readers.push(reader);
    }
    change(&server, changes).await?;
    let with = server.memory("VmRSS");
    let health = probe.stop();
    drop(readers);
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(Figures::default()
        .add("memory before → after the changes", crate::memory::shown(without, with))
        .add("memory after the readers have left", format!("{:.0} MiB", server.memory("VmRSS")))
        .extend(health)
        .extend(server.stop()?))
}

async fn change(server: &Server, count: usize) -> Result<()> {
    for at in 0..count {
        let value = json!({"value": {"type": "bool", "value": at % 2 == 0}});
        let answer =
            server.manage("PUT", "/items/flag.number.0/value", &value, Duration::from_secs(20)).await;
        if answer.status != 200 {
            return Err(format!("a change: {}", answer.shown()).into());
        }
    }
    Ok(())
}
