//! Measures the CPU time of one change, and the memory of one empty project.
//!
//! `cargo run --release -p prefab-server --example change_cost` prints a row for each size of an installation. Each row
//! has a server of its own in another process, with one open stream. The CPU time is that of all threads of the server.
//!
//! An argument names another build of this program, whose server is measured instead.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use prefab_core::{ChangedBy, Config, ids::ProjectId};
use prefab_server::{KeyKind, Options, serve};
use prefab_store::{ApiKeys as _, Change, ConfigLog as _, Expected, KeyRequest, Projects as _};
use prefab_store_sqlite::SqliteStore;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The number of changes that are measured in each row.
const CHANGES: u32 = 30;

/// The size of an installation.
struct Size {
    name: &'static str,
    configs: usize,
    projects: usize,
    keys: usize,
}

const SIZES: [Size; 4] = [
    Size { name: "100 configs", configs: 100, projects: 0, keys: 0 },
    Size { name: "1,000 projects", configs: 100, projects: 1_000, keys: 0 },
    Size { name: "10,000 API keys", configs: 100, projects: 0, keys: 10_000 },
    Size { name: "50,000 configs", configs: 50_000, projects: 0, keys: 0 },
];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder] = &arguments[..]
        && word == "serve"
    {
        let running = serve(Options::local(folder)).await?;
        println!("{}", running.url);
        running.run_until_signal().await;
        return Ok(());
    }
    let program = arguments.first().map_or_else(std::env::current_exe, |path| Ok(path.into()))?;
    println!("| size | CPU per change | acknowledged after | memory | start |");
    println!("| --- | --- | --- | --- | --- |");
    let mut empty = None;
    for size in SIZES {
        let memory = row(&program, &size).await?;
        let first = *empty.get_or_insert(memory);
        if size.projects > 0 {
            let each = memory.saturating_sub(first) / u64::try_from(size.projects)?;
            println!("\nmemory per empty project: {} KiB\n", each >> 10);
        }
    }
    Ok(())
}

/// Measures one size, prints its row and returns the memory of the server before the changes, in bytes.
async fn row(program: &Path, size: &Size) -> Result<u64> {
    let folder = std::env::temp_dir().join(format!("prefab-change-cost-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let first = serve(Options::local(&folder)).await?;
    let key = |kind| first.keys.iter().find(|key| key.kind == kind).map(|key| key.key.clone());
    let (admin, backend) = (key(KeyKind::Admin), key(KeyKind::Backend));
    let (admin, backend) = admin.zip(backend).ok_or("the first start printed no keys")?;
    first.shutdown().await;
    fill(&folder, size).await?;

    let started = Instant::now();
    let mut server = Command::new(program).arg("serve").arg(&folder).stdout(Stdio::piped()).spawn()?;
    let outcome = measure(&mut server, size, &admin, &backend, started).await;
    server.kill()?;
    server.wait()?;
    fs::remove_dir_all(folder)?;
    outcome
}

async fn fill(folder: &Path, size: &Size) -> Result<()> {
    let store = SqliteStore::open(&folder.join("prefab.db"))?;
    let project = store.registry().await?.projects[0].clone();
    let change = |at: usize| Change {
        key: format!("config.number.{at}"),
        config: Some(Config::constant(format!("config.number.{at}"), i64::try_from(at).unwrap_or_default())),
        expected: Expected::Anything,
        changed_by: ChangedBy::default(),
        note: None,
    };
    store.append(ProjectId(project.id.0), (0..size.configs).map(change).collect()).await?;
    for at in 0..size.projects {
        let environments = ["Development", "Staging", "Production"].map(str::to_owned).to_vec();
        store.create_project(format!("project {at}"), environments).await?;
    }
    for _ in 0..size.keys {
        let environment = project.environments[0].id;
        let request = KeyRequest { project: project.id, environment, kind: KeyKind::Backend, user_id: None };
        store.issue_key(request).await?;
    }
    Ok(())
}

async fn measure(
    server: &mut Child,
    size: &Size,
    admin: &str,
    backend: &str,
    started: Instant,
) -> Result<u64> {
    let mut url = String::new();
    let stdout = server.stdout.take().ok_or("the server printed nothing")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut url)?;
    let (url, start) = (url.trim(), started.elapsed());
    let http = reqwest::Client::new();
    let stream = http.get(format!("{url}/api/v1/sse/config")).basic_auth("u", Some(backend));
    let mut stream = stream.header("x-prefab-start-at-id", i64::MAX.to_string()).send().await?;
    tokio::spawn(async move { while let Ok(Some(_)) = stream.chunk().await {} });
    let memory = memory(server.id())?;

    let set = async |value: u32| -> Result<Duration> {
        let sent = Instant::now();
        let body = json!({"configKey": "config.number.7", "value": {"int": value.to_string()}});
        let request = http.post(format!("{url}/api/v1/config/set-default/")).basic_auth("u", Some(admin));
        request.body(body.to_string()).send().await?.error_for_status()?;
        Ok(sent.elapsed())
    };
    set(0).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, mut times) = (cpu(server.id())?, Vec::new());
    for value in 1..=CHANGES {
        times.push(set(value).await?);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let each = cpu(server.id())?.saturating_sub(before) / CHANGES;
    times.sort_unstable();
    let (acknowledged, megabytes) = (times[times.len() / 2], memory >> 20);
    println!("| {} | {each:.1?} | {acknowledged:.1?} | {megabytes} MiB | {start:.2?} |", size.name);
    Ok(memory)
}

/// Returns the CPU time of a process, with that of threads that have ended. Its resolution is 10 ms.
fn cpu(process: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(')').ok_or("no name in the statistics")?;
    // The user and system time are fields 14 and 15, in hundredths of a second. The state is field 3.
    let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = times.sum::<std::result::Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Returns the resident memory of a process, in bytes.
fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory in the status")?;
    let kilobytes: u64 = line.split_whitespace().next().ok_or("no number in the status")?.parse()?;
    Ok(kilobytes << 10)
}
