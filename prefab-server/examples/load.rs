//! How fast is a server? Fills one with configs and measures what clients feel.
//!
//! `cargo run --release -p prefab-server --example load -- [CONFIGS] [IDLE STREAMS]` starts its own server in
//! another process, so that its memory and time are its own.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use prefab_server::{KeyKind, Options, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::mpsc,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How a client asks, without the blank line at the end.
#[derive(Clone)]
struct Ask {
    address: String,
    backend: String,
    admin: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder] = &arguments[..]
        && word == "serve"
    {
        let running = serve(Options::local(folder)).await?;
        let key = |kind| running.keys.iter().find(|key| key.kind == kind).map(|key| key.key.clone());
        let started = json!({ "address": running.address.to_string(), "backend": key(KeyKind::Backend),
                           "admin": key(KeyKind::Admin) });
        println!("{started}");
        running.run_until_signal().await;
        return Ok(());
    }
    let number = |at: usize, default| arguments.get(at).map_or(Ok(default), |text| text.parse::<usize>());
    let (configs, idle) = (number(0, 1_000)?, number(1, 5_000)?);
    let folder = std::env::temp_dir().join(format!("prefab-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut server =
        Command::new(std::env::current_exe()?).arg("serve").arg(&folder).stdout(Stdio::piped()).spawn()?;
    let outcome = measure(&mut server, configs, idle).await;
    server.kill()?;
    server.wait()?;
    std::fs::remove_dir_all(folder)?;
    outcome
}

async fn measure(server: &mut std::process::Child, configs: usize, idle: usize) -> Result<()> {
    rlimit::increase_nofile_limit(rlimit::INFINITY)?;
    let mut line = String::new();
    let stdout = server.stdout.take().ok_or("the server printed nothing")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
    let started: serde_json::Value = serde_json::from_str(&line)?;
    let text = |field: &str| started[field].as_str().unwrap_or_default().to_owned();
    let ask = Ask { address: text("address"), backend: text("backend"), admin: text("admin") };

    let start = Instant::now();
    for at in 0..configs {
        put(&ask, &format!("config.number.{at}"), at).await?;
    }
    println!("{configs} configs written one by one: {:.2?} each", start.elapsed() / u32::try_from(configs)?);
    for encoding in ["identity", "gzip", "zstd"] {
        checkpoints(&ask, encoding).await?;
    }
    for clients in [1, 100, 1_000, idle] {
        latency(&ask, clients).await?;
    }
    idle_streams(&ask, server.id(), idle).await
}

fn request(key: &str, head: &str, body: &str) -> String {
    use base64::Engine as _;
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("u:{key}"));
    let length = body.len();
    format!("{head}\r\nhost: load\r\nauthorization: Basic {basic}\r\ncontent-length: {length}\r\n\r\n{body}")
}

async fn put(ask: &Ask, key: &str, value: usize) -> Result<()> {
    let body = json!({"key": key, "configType": 1, "valueType": 1, "rows": [{"values": [
        {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                       "valueToMatch": {"stringList": {"values": ["pro", "team"]}}}], "value": {"int": "7"}},
        {"value": {"int": value.to_string()}}]}]});
    post(ask, "/api/v1/config/", &body.to_string()).await
}

async fn post(ask: &Ask, path: &str, body: &str) -> Result<()> {
    let mut stream = TcpStream::connect(&ask.address).await?;
    let head = format!("POST {path} HTTP/1.1\r\nconnection: close");
    stream.write_all(request(&ask.admin, &head, body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.into()) }
}

/// Asks for everything over and over, on a few connections that stay open.
async fn checkpoints(ask: &Ask, encoding: &str) -> Result<()> {
    const CONNECTIONS: usize = 8;
    let until = Instant::now() + Duration::from_secs(3);
    let client = async || -> Result<(usize, usize)> {
        let mut stream = BufReader::new(TcpStream::connect(&ask.address).await?);
        let head = format!("GET /api/v1/configs/0 HTTP/1.1\r\naccept-encoding: {encoding}");
        let request = request(&ask.backend, &head, "");
        let (mut answers, mut size) = (0, 0);
        while Instant::now() < until {
            stream.get_mut().write_all(request.as_bytes()).await?;
            size = read_answer(&mut stream).await?;
            answers += 1;
        }
        Ok((answers, size))
    };
    let answers =
        join_all((0..CONNECTIONS).map(|_| client())).await.into_iter().collect::<Result<Vec<_>>>()?;
    let total: usize = answers.iter().map(|(answers, _)| answers).sum();
    println!("checkpoints, {encoding}: {} a second of {} bytes", total / 3, answers[0].1);
    Ok(())
}

async fn read_answer(stream: &mut BufReader<TcpStream>) -> Result<usize> {
    use tokio::io::AsyncBufReadExt as _;
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(length)
}

/// Opens a stream and reads past what it begins with.
async fn open_stream(ask: &Ask) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(&ask.address).await?;
    let head = format!("GET /api/v1/sse/config HTTP/1.1\r\nx-prefab-start-at-id: {}", u64::MAX >> 12);
    stream.write_all(request(&ask.backend, &head, "").as_bytes()).await?;
    let mut seen = Vec::new();
    while !seen.windows(12).any(|bytes| bytes == b": connected\n") {
        stream.read_buf(&mut seen).await?;
    }
    Ok(stream)
}

/// Changes a value while clients listen, and measures from before the change is asked for until each has it.
async fn latency(ask: &Ask, clients: usize) -> Result<()> {
    const CHANGES: usize = 30;
    let (seen, mut received) = mpsc::unbounded_channel();
    let mut streams = Vec::new();
    for _ in 0..clients {
        streams.push(open_stream(ask).await?);
    }
    // What a stream begins with has to be out of the way.
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(1..) = stream.read(&mut buffer).await {
                    let _ = seen.send(Instant::now());
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    while received.try_recv().is_ok() {}
    let (mut times, mut lasts) = (Vec::new(), Vec::new());
    for change in 0..CHANGES {
        let start = Instant::now();
        let body = json!({"configKey": "config.number.0", "value": {"int": change.to_string()}}).to_string();
        post(ask, "/api/v1/config/set-default/", &body).await?;
        for _ in 0..clients {
            times.push(received.recv().await.ok_or("a stream ended")? - start);
        }
        lasts.extend(times.last().copied());
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    lasts.sort_unstable();
    let last = lasts[lasts.len() / 2];
    println!(
        "change to {clients} clients: median {:.2?}, p99 {:.2?}, the last of all {last:.2?}",
        at(50),
        at(99)
    );
    Ok(())
}

/// Holds many streams that say nothing and looks at what they cost the server.
async fn idle_streams(ask: &Ask, server: u32, count: usize) -> Result<()> {
    let (memory, _) = usage(server)?;
    let start = Instant::now();
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        streams.push(open_stream(ask).await?);
    }
    println!("{count} streams opened in {:.2?}", start.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (with, before) = usage(server)?;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let (_, after) = usage(server)?;
    let each = with.saturating_sub(memory) * 1_024 / count.max(1);
    println!("idle: {each} bytes of memory each, {:.2} % of a core in all", (after - before) / 20.0 * 100.0);
    Ok(())
}

/// Returns a process's memory in KiB and its time in seconds.
fn usage(process: u32) -> Result<(usize, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let memory = memory.trim().trim_end_matches(" kB").parse()?;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok((memory, ticks / 100.0))
}
