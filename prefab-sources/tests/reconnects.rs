//! Ten thousand streams, one after another, over sockets, leak nothing.
//!
//! The test does not wait for delays: it steps the clock after each closed stream.
// Reads memory and open files from /proc.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{FutureExt as _, StreamExt as _};
use prefab_core::{Config, ConfigSet, LayeredStore, Pointer};
use prefab_proto::convert;
use prefab_sources::{ApiKey, ConfigSource as _, HttpOptions, RemoteOptions, RemoteSource, SourceUpdate};
use tokio::{runtime, sync::mpsc, task};

const WARM_UP: i64 = 1_000;
const ROUNDS: i64 = 9_000;

/// The longest delay.
const WAIT: Duration = Duration::from_secs(30);

fn message(id: i64) -> Vec<u8> {
    let configs = vec![Config { id, ..Config::constant("a", id) }];
    let pointer = Some(Pointer { project_id: 1, start_at_id: 0, project_env_id: 2 });
    convert::encode(&ConfigSet { configs, pointer, ..ConfigSet::default() })
}

/// Responds to a request. Returns the id of the event, if it sent one.
fn answer(mut socket: &TcpStream, newest: i64) -> io::Result<Option<i64>> {
    let mut lines = BufReader::new(socket).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut since = 0;
    for line in lines {
        let line = line?;
        if let Some(id) = line.strip_prefix("x-prefab-start-at-id: ") {
            since = id.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    if first.starts_with("GET /api/v1/configs/") {
        socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
        return socket.write_all(&message(newest)).map(|()| None);
    }
    assert_eq!(since, newest, "it resumes after the newest id");
    let event = STANDARD.encode(message(newest + 1));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: hello\n\n";
    write!(socket, "{head}data: {event}\n\n").map(|()| Some(newest + 1))
}

/// Serves streams of one event each, and reports each stream that the client has closed.
fn serve() -> (String, mpsc::UnboundedReceiver<i64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (closed_sender, closed) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let mut newest = 1;
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let sent = answer(&socket, newest).unwrap();
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket.read_to_end(&mut Vec::new());
            if let Some(id) = sent {
                newest = id;
                if closed_sender.send(id).is_err() {
                    return;
                }
            }
        }
    });
    (url, closed)
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn ten_thousand_reconnects_leak_no_memory_task_or_file() {
    let runtime = runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (url, mut closed) = serve();
    let (release, held) = std::sync::mpsc::channel::<()>();
    // The clock does not advance while this waits.
    let holding = runtime.spawn_blocking(move || held.recv());
    let source =
        RemoteSource::http(RemoteOptions::new(ApiKey::new("1-key")), HttpOptions::new([url])).unwrap();
    let mut updates = Box::new(source).updates();
    let mut store = LayeredStore::default();

    let mut reconnect = |times: i64| {
        runtime.block_on(async {
            for _ in 0..times {
                // The update has been applied and its stream closed.
                let mut gone = 0;
                while store.get("a").is_none_or(|entry| entry.stored().id() != gone) {
                    tokio::select! {
                        item = updates.next() => {
                            let SourceUpdate { update, findings } = item.unwrap().unwrap();
                            assert!(findings.is_empty());
                            store.apply(update);
                        }
                        id = closed.recv() => gone = id.unwrap(),
                    }
                }
                // The connection may be closed before the client has noticed its end: wait until it has.
                for _ in 0..5 {
                    assert!(updates.next().now_or_never().is_none());
                    task::yield_now().await;
                }
                tokio::time::advance(WAIT).await;
            }
            // Closed connections end without further action.
            for _ in 0..10 {
                task::yield_now().await;
            }
        });
    };
    reconnect(WARM_UP);
    let metrics = runtime.metrics();
    let (tasks, files, resident) = (metrics.num_alive_tasks(), open_files(), resident_kib());
    let started = Instant::now();
    let allocations = allocation_counter::measure(|| reconnect(ROUNDS));
    let took = started.elapsed();
    let (tasks_after, files_after, resident_after) =
        (metrics.num_alive_tasks(), open_files(), resident_kib());
    println!(
        "{ROUNDS} reconnects after {WARM_UP} in {took:?}: {} bytes in {} allocations more are held; tasks {tasks} \
         to {tasks_after}, files {files} to {files_after}, resident {resident} to {resident_after} KiB",
        allocations.bytes_current, allocations.count_current
    );
    assert!(allocations.count_total > ROUNDS.unsigned_abs(), "they are counted: {allocations:?}");
    assert!(allocations.bytes_current < 64 << 10, "{} bytes", allocations.bytes_current);
    assert!(tasks_after <= tasks + 1, "{tasks_after} tasks, {tasks} before");
    assert!(files_after <= files + 2, "{files_after} files, {files} before");
    assert!(resident_after < resident + (4 << 10), "{resident_after} KiB resident, {resident} before");
    drop(release);
    let _ = runtime.block_on(holding);
}
