//! `prefab restore` of an older backup, with clients that have seen newer versions.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use assert_cmd::cargo::CommandCargoExt as _;
use prefab_client::{Client, Datasources};
use prefab_server::{KeyKind, Options, Running, serve};
use prefab_testing::{TEST_TIMEOUT, skip};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::watch;

const KEYS: [&str; 4] = ["same", "changed", "deleted", "new"];

/// The values of the four keys, as one client sees them.
struct Watcher {
    name: &'static str,
    values: watch::Receiver<String>,
    process: Option<Child>,
}

impl Watcher {
    /// Starts a script with an official SDK that prints its values.
    fn official(name: &'static str, program: PathBuf, script: &str, server: &Running, key: &str) -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prefab-server/tests/official");
        let mut process = Command::new(program)
            .arg(scripts.join(script))
            .env("PREFAB_TEST_URL", &server.url)
            .env("PREFAB_TEST_KEY", key)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, values) = watch::channel(String::new());
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(values) = line.strip_prefix("values ") {
                    sender.send_replace(values.to_owned());
                }
            }
        });
        Self { name, values, process: Some(process) }
    }

    /// Follows the client of this project.
    async fn ours(server: &Running, key: &str) -> Self {
        let builder = Client::in_memory().datasources(Datasources::All).local_cache(false);
        let client = builder.api_key(key).api_urls([&server.url]).build_async().await.unwrap();
        let (sender, values) = watch::channel(String::new());
        tokio::spawn(async move {
            while !sender.is_closed() {
                let values = KEYS.map(|key| client.get_or(key, "none".to_owned())).join(" ");
                sender.send_if_modified(|last| {
                    let is_new = *last != values;
                    *last = values;
                    is_new
                });
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { name: "ours", values, process: None }
    }

    async fn expect(&mut self, expected: &str) {
        let seen =
            tokio::time::timeout(TEST_TIMEOUT, self.values.wait_for(|values| values == expected)).await;
        let has_seen = seen.is_ok_and(|seen| seen.is_ok());
        assert!(has_seen, "{} has `{}`, not `{expected}`", self.name, *self.values.borrow());
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

struct Server {
    running: Running,
    admin: String,
    ids: BTreeSet<i64>,
}

impl Server {
    async fn request(&self, method: &str, path: &str, body: Json) -> Json {
        let request =
            reqwest::Client::new().request(method.parse().unwrap(), format!("{}{path}", self.running.url));
        let response =
            request.basic_auth("u", Some(&self.admin)).body(body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200, "{method} {path}");
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
    }

    /// Records an id that must not be used twice.
    fn record(&mut self, id: &Json) {
        let id: i64 = id.as_str().unwrap().parse().unwrap();
        assert!(self.ids.last().is_none_or(|last| id > *last), "{id} is not above {:?}", self.ids);
        self.ids.insert(id);
    }

    async fn create(&mut self, key: &str, value: &str) {
        let body = json!({"key": key, "configType": 1, "valueType": 2, "rows": [
            {"values": [{"value": {"string": value}}]}]});
        let created = self.request("POST", "/api/v1/config/", body).await;
        self.record(&created["newId"]);
    }

    async fn set(&mut self, key: &str, value: &str) {
        let body = json!({"configKey": key, "value": {"string": value}});
        let changed = self.request("POST", "/api/v1/config/set-default/", body).await;
        self.record(&changed["response"]["newId"]);
    }
}

fn prefab(args: &[&str], server: &Server) -> std::process::Output {
    let mut command = Command::cargo_bin("prefab").unwrap();
    command.env("PREFAB_URL", &server.running.url).env("PREFAB_ADMIN_KEY", &server.admin);
    command.args(args).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_have_the_restored_values_within_two_seconds() {
    let dir = TempDir::new().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup.db"));
    let running =
        serve(Options { drain_timeout: Duration::from_millis(200), ..Options::local(&data) }).await.unwrap();
    let key = |kind| running.keys.iter().find(|key| key.kind == kind).unwrap().key.clone();
    let (admin, backend) = (key(KeyKind::Admin), key(KeyKind::Backend));
    let mut server = Server { running, admin, ids: BTreeSet::new() };
    for key in ["same", "changed", "deleted"] {
        server.create(key, "old").await;
    }
    let backed_up = prefab(&["backup", backup.to_str().unwrap()], &server);
    assert!(backed_up.status.success(), "{backed_up:?}");

    let mut watchers = vec![Watcher::ours(&server.running, &backend).await];
    match std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from) {
        None => skip("PREFAB_OFFICIAL_CLIENTS names no folder with the official clients"),
        Some(folder) => watchers.extend([
            Watcher::official("python", folder.join("py/bin/python"), "watch.py", &server.running, &backend),
            Watcher::official("node", "node".into(), "watch.mjs", &server.running, &backend),
        ]),
    }
    for watcher in &mut watchers {
        watcher.expect("old old old none").await;
    }
    server.set("changed", "lost").await;
    server.create("new", "lost").await;
    server.request("DELETE", "/api/v1/config/key/deleted", Json::Null).await;
    for watcher in &mut watchers {
        watcher.expect("old lost none lost").await;
    }

    let (data_dir, file) = (data.to_str().unwrap(), backup.to_str().unwrap());
    let address = server.running.address;
    let restore = ["restore", file, "--data-dir", data_dir, "--overwrite"];
    let refused = prefab(&restore, &server);
    assert!(!refused.status.success(), "the server is running");
    let Server { running, admin, ids } = server;
    running.shutdown().await;
    let started = Instant::now();
    let mut server;
    loop {
        let mut command = Command::cargo_bin("prefab").unwrap();
        let output = command.args(restore).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            assert!(text.contains("3 changes that the backup does not contain are drafts"), "{text}");
            break;
        }
        // The thread that writes ends a moment after the server.
        assert!(started.elapsed() < TEST_TIMEOUT, "{output:?}");
    }
    let running = serve(Options { listen: address, ..Options::local(&data) }).await.unwrap();
    server = Server { running, admin, ids };
    let listening = Instant::now();
    for watcher in &mut watchers {
        watcher.expect("old old old none").await;
        println!("{}: restored values {:?} after the start", watcher.name, listening.elapsed());
        assert!(listening.elapsed() < Duration::from_secs(2), "{}", watcher.name);
    }
    let drafts = server.request("GET", "/api/manage/v1/projects/1/drafts", Json::Null).await;
    let offered: Vec<&str> =
        drafts.as_array().unwrap().iter().map(|draft| draft["key"].as_str().unwrap()).collect();
    assert_eq!(offered, ["changed", "deleted", "new"]);
    server.set("changed", "next").await;
    for watcher in &mut watchers {
        watcher.expect("old next old none").await;
    }
    server.running.shutdown().await;
}
