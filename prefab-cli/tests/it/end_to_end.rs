//! The whole cycle with real processes: defaults, a live change, an override, an outage, a restart during the outage,
//! and recovery.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Instant,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_testing::{TEST_TIMEOUT, eventually};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const KEY: &str = "my-first-int-config";

/// A process that ends with the test, and the lines that it prints.
struct Process {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Process {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn line(&self) -> Json {
        serde_json::from_str(&self.lines.recv_timeout(TEST_TIMEOUT).expect("a line in time")).unwrap()
    }

    /// Waits until the program prints this value and source.
    fn expect_value(&self, value: i64, source: &str) {
        let started = Instant::now();
        loop {
            let line = self.line();
            let output = line["source"].as_str().unwrap_or_default();
            if line["value"] == value && output.contains(source) {
                return;
            }
            assert!(started.elapsed() < TEST_TIMEOUT, "it output {line}, not {value} from {source}");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn prefab(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefab"));
    command.current_dir(dir.join("program")).env("HOME", dir.join("home"));
    for name in ["PREFAB_ENVS", "PREFAB_DATAFILE", "PREFAB_API_KEY", "PREFAB_API_URL", "PREFAB_STREAM_URL"] {
        command.env_remove(name);
    }
    command
}

fn serve(dir: &Path, listen: &str) -> (Process, Json) {
    let mut command = prefab(dir);
    command.args(["serve", "--json", "--listen", listen, "--data-dir"]).arg(dir.join("server"));
    let server = Process::start(command);
    let output = server.line();
    (server, output)
}

fn program(dir: &Path, cache: &str, url: &str, key: &str) -> Process {
    let mut command = prefab(dir);
    command.env("XDG_CACHE_HOME", dir.join(cache));
    command.args(["watch", KEY, "--json"]).env("PREFAB_API_KEY", key).env("PREFAB_API_URL", url);
    Process::start(command)
}

/// Waits until a file exists. It is complete, because it is written elsewhere and moved.
fn wait_for_file_below(dir: &Path) {
    fn has_file(dir: &Path) -> bool {
        let Ok(entries) = fs::read_dir(dir) else { return false };
        entries.flatten().map(|entry| entry.path()).any(|path| {
            if path.is_dir() { has_file(&path) } else { path.extension().is_none_or(|end| end != "tmp") }
        })
    }
    eventually(&format!("a file below {}", dir.display()), || has_file(dir));
}

fn post(url: &str, path: &str, key: &str, body: &Json) {
    let address = url.trim_start_matches("http://");
    let (basic, body) = (BASE64_STANDARD.encode(format!("u:{key}")), body.to_string());
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn defaults_change_live_survive_an_outage_and_converge() {
    let dir = TempDir::new().unwrap();
    for name in ["program", "home"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("program/.prefab.default.config.yaml"), format!("{KEY}: 30\n")).unwrap();

    let (mut server, output) = serve(dir.path(), "127.0.0.1:0");
    let url = output["url"].as_str().unwrap().to_owned();
    let key = |kind: &str| {
        let keys = output["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kind"] == kind).unwrap();
        key["key"].as_str().unwrap().to_owned()
    };
    let (backend, admin) = (key("backend"), key("admin"));

    let first = program(dir.path(), "cache-of-the-first", &url, &backend);
    first.expect_value(30, ".prefab.default.config.yaml");

    let config = json!({"key": KEY, "configType": "CONFIG", "valueType": "INT",
                        "rows": [{"values": [{"value": {"int": "50"}}]}]});
    post(&url, "/api/v1/config/", &admin, &config);
    first.expect_value(50, "streaming");

    let overrides = dir.path().join("home/.prefab.default.config.yaml");
    fs::write(&overrides, format!("{KEY}: 70\n")).unwrap();
    first.expect_value(70, "home/.prefab.default.config.yaml");
    fs::remove_file(&overrides).unwrap();
    first.expect_value(50, "streaming");

    // A second start reads everything from a checkpoint and stores it in the cache.
    let second = program(dir.path(), "cache", &url, &backend);
    second.expect_value(50, "remote_api");
    wait_for_file_below(&dir.path().join("cache"));
    drop(second);

    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let restarted = program(dir.path(), "cache", &url, &backend);
    restarted.expect_value(50, "cache");
    assert!(first.lines.try_recv().is_err(), "the running program keeps its value");

    let (_server, output) = serve(dir.path(), url.trim_start_matches("http://"));
    assert_eq!(output["keys"], json!([]), "keys are shown once");
    let change = json!({"configKey": KEY, "value": {"int": "60"}});
    post(&url, "/api/v1/config/set-default/", &admin, &change);
    first.expect_value(60, "");
    restarted.expect_value(60, "");
}
