//! Evaluations for front ends, and slow bodies.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt as _;

use crate::{
    Result, payload,
    probe::Probe,
    server::{self, Server},
    table::Figures,
};

pub(crate) async fn backtracking(binary: &Path) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let probe = Probe::start(server.address);
    let flag = payload::flag_of_patterns("slow", payload::backtracking(10_000));
    let create = server.manage("POST", "/items", &flag, Duration::from_secs(120)).await;
    let creating = probe.stop();
    let (probe, before) = (Probe::start(server.address), server.processor_time());
    let path = payload::evaluate(&"a".repeat(60));
    let evaluate = || server.send("frontend", "GET", &path, "", Duration::from_secs(60));
    let one = evaluate().await;
    let used = server.processor_time() - before;
    let (first, _) = tokio::join!(evaluate(), evaluate());
    let whole = probe.stop();
    // The most that a config may have.
    let mut created = 0;
    for number in 0..10 {
        let flag = payload::flag_of_patterns(&format!("slow.{number}"), payload::backtracking(1_000));
        let create = server.manage("POST", "/items", &flag, Duration::from_secs(120)).await;
        created += usize::from(create.status == 200);
    }
    let (probe, before) = (Probe::start(server.address), server.processor_time());
    let within = evaluate().await;
    let used_within = server.processor_time() - before;
    Ok(Figures::default()
        .add("create a flag with 10,000 patterns", create.shown())
        .extend(creating.prefixed("create: "))
        .add("one evaluation", one.shown())
        .add("one evaluation: processor time", format!("{used:.2} s"))
        .add("two evaluations at a time", first.shown())
        .extend(whole.prefixed("evaluate: "))
        .add("create ten flags with 1,000 patterns each", format!("{created} created"))
        .add("one evaluation of all of them", within.shown())
        .add("one evaluation of all of them: processor time", format!("{used_within:.2} s"))
        .extend(probe.stop().prefixed("evaluate all of them: ")))
}

pub(crate) async fn bodies(binary: &Path) -> Result<Figures> {
    let mut options = vec!["--max-connections", "300"];
    let help = Command::new(binary).args(["serve", "--help"]).output()?.stdout;
    // The same share of all connections as by default.
    if String::from_utf8_lossy(&help).contains("--max-connections-per-address") {
        options.extend(["--max-connections-per-address", "150"]);
    }
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &options)?;
    let mut connections = Vec::new();
    for _ in 0..310 {
        let Ok(mut stream) = server.connect().await else { continue };
        let head = b"POST /api/manage/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{";
        let _ = stream.write_all(head).await;
        connections.push(stream);
    }
    let probe = Probe::start(server.address);
    tokio::time::sleep(Duration::from_secs(45)).await;
    let health = probe.stop();
    let open = server::still_open(connections);
    Ok(Figures::default()
        .extend(health)
        .add("slow connections open after 45 s", format!("{open} of 310"))
        .extend(server.stop()?))
}

pub(crate) async fn evaluation(binary: &Path) -> Result<Figures> {
    const DURATION: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, folder.path(), &[])?;
    let import = payload::import(5_000, 0);
    let imported = server.manage("POST", "/import?dryRun=false", &import, Duration::from_secs(60)).await;
    let before = server.memory("VmRSS");
    let probe = Probe::start(server.address);
    let until = Instant::now() + DURATION;
    let server_ref = &server;
    let connection = |number: usize| async move {
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        let mut at = 0;
        while Instant::now() < until {
            let path = payload::evaluate(&format!("{number}-{at}"));
            let answer = server_ref.send("frontend", "GET", &path, "", Duration::from_secs(20)).await;
            *statuses.entry(answer.status).or_default() += 1;
            at += 1;
        }
        statuses
    };
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for (status, count) in join_all((0..16).map(connection)).await.into_iter().flatten() {
        *statuses.entry(status).or_default() += count;
    }
    let health = probe.stop();
    let shown: Vec<String> = statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
    Ok(Figures::default()
        .add("import 5,000 flags", imported.shown())
        .add("responses to 16 connections in 10 s", shown.join(", "))
        .extend(health)
        .add("memory before → most", crate::memory::shown(before, server.memory("VmHWM")))
        .extend(server.stop()?))
}
