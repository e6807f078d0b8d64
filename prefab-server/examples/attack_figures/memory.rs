//! Schemas that never end, and patterns in number: memory and the time of a start.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    Result, payload,
    probe::Probe,
    server::{self, Server},
    table::Figures,
};

pub(crate) async fn schema(binary: &Path) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let probe = Probe::start(server.address);
    let create = server.manage("POST", "/items", &payload::schema(40), Duration::from_secs(10)).await;
    let value = json!({"schemaKey": "sx", "value": {"type": "json", "value": "{}"}});
    let validate = || server.manage("POST", "/validate", &value, Duration::from_secs(3));
    let (first, _) = tokio::join!(validate(), validate());
    // The callers have disconnected, so their work must stop.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let health = probe.stop();
    let figures = Figures::default();
    Ok(figures
        .add("create a schema of depth 40", create.shown())
        .add("validate, twice at a time", first.shown())
        .extend(health)
        .extend(server.stop()?))
}

pub(crate) async fn patterns(binary: &Path, poisoned: &mut Option<TempDir>) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let probe = Probe::start(server.address);
    let draft = payload::flag_of_patterns("p", payload::refused(1_500));
    let save = || server.manage("PUT", "/items/p/draft", &draft, Duration::from_secs(25));
    let (refused, _) = tokio::join!(save(), save());
    let mut figures = Figures::default()
        .add("1,500 refused patterns, two drafts at a time", refused.shown())
        .extend(probe.stop().prefixed("1,500 refused: "));
    drop(server);

    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let before = server.memory("VmRSS");
    let probe = Probe::start(server.address);
    let flag = payload::flag_of_patterns("p", payload::accepted(800));
    let create = server.manage("POST", "/items", &flag, Duration::from_secs(120)).await;
    figures = figures
        .add("800 accepted patterns", create.shown())
        .add("800 accepted: memory before → most", shown(before, server.memory("VmHWM")))
        .extend(probe.stop().prefixed("800 accepted: "));
    drop(server);
    let server = Server::start(binary, folder.path(), &[])?;
    figures = figures
        .add("800 accepted: restart", format!("{:.2} s", server.started.as_secs_f64()))
        .add("800 accepted: memory after the restart", format!("{:.0} MiB", server.memory("VmRSS")));
    drop(server);
    if let Some(stored) = poisoned.take() {
        let server = Server::start(binary, stored.path(), &[])?;
        figures = figures
            .add(
                "start with 800 that an older version stored",
                format!("{:.2} s", server.started.as_secs_f64()),
            )
            .add("memory after that start", format!("{:.0} MiB", server.memory("VmHWM")));
    }
    *poisoned = Some(folder);
    client(binary, figures)
}

/// Reads a datafile as a program does.
fn client(binary: &Path, figures: Figures) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let file: PathBuf = folder.path().join("datafile.json");
    std::fs::write(&file, payload::datafile("p", payload::accepted(800)).to_string())?;
    let began = Instant::now();
    let mut process = Command::new(binary)
        .args(["get", "p", "--context", r#"{"user": {"key": "unknown"}}"#, "--datafile"])
        .arg(&file)
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut most: f64 = 0.0;
    while process.try_wait()?.is_none() {
        most = most.max(server::memory(process.id(), "VmHWM"));
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(figures
        .add("client, datafile with 800: time", format!("{:.2} s", began.elapsed().as_secs_f64()))
        .add("client, datafile with 800: memory", format!("{most:.0} MiB")))
}

pub(crate) fn shown(before: f64, after: f64) -> String {
    format!("{before:.0} → {after:.0} MiB")
}
