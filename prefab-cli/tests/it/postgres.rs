//! Two servers on one PostgreSQL database, as processes.

mod changes;
mod disk_full;
mod failover;
mod kills;
mod moves;
mod restores;
mod upgrades;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_testing::TEST_TIMEOUT;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const KEY: &str = "max-jobs";

/// A process that ends with the test, and the lines that it prints.
pub(crate) struct Process {
    pub(crate) child: Child,
    lines: Mutex<mpsc::Receiver<String>>,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines: Mutex::new(lines) }
    }

    pub(crate) fn line(&self) -> Json {
        serde_json::from_str(&self.lines.lock().unwrap().recv_timeout(TEST_TIMEOUT).expect("a line in time"))
            .unwrap()
    }

    /// Waits until the program prints this value, and returns how long that took.
    fn expect_value(&self, value: i64) -> Duration {
        self.expect(&json!(value))
    }

    /// Waits until the program prints this value, or `null` if there is none.
    fn expect(&self, value: &Json) -> Duration {
        let started = Instant::now();
        while self.line()["value"] != *value {
            assert!(started.elapsed() < TEST_TIMEOUT, "no {value}");
        }
        started.elapsed()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn prefab(dir: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefab"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    command.current_dir(dir).env("HOME", dir.path()).env("XDG_CACHE_HOME", dir.path().join("cache"));
    command
}

/// A server process.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) url: String,
    keys: Json,
}

impl Server {
    pub(crate) fn start(dir: &TempDir, database: &str, data: &str) -> Self {
        Self::start_at(dir, database, data, "127.0.0.1:0")
    }

    fn start_at(dir: &TempDir, database: &str, data: &str, listen: &str) -> Self {
        let mut command = prefab(dir);
        command.args(["serve", "--json", "--listen", listen, "--data-dir", data, "--database", database]);
        command.args(["--server-name", data]);
        let process = Process::start(command);
        let started = process.line();
        Self { process, url: started["url"].as_str().unwrap().to_owned(), keys: started["keys"].clone() }
    }

    pub(crate) fn key(&self, kind: &str) -> String {
        let key = self.keys.as_array().unwrap().iter().find(|key| key["kind"] == kind).unwrap();
        key["key"].as_str().unwrap().to_owned()
    }

    /// Sends a request, and returns the status, the headers, and the body.
    pub(crate) fn send(&self, method: &str, path: &str, key: &str, body: &str) -> (u16, String, String) {
        try_send(&self.url, method, path, key, body).unwrap()
    }

    /// Sets the default value of the config, and returns the status and the headers.
    fn set(&self, admin: &str, value: i64) -> (u16, String) {
        let change = json!({"configKey": KEY, "value": {"int": value.to_string()}}).to_string();
        let (status, head, _) = self.send("POST", "/api/v1/config/set-default/", admin, &change);
        (status, head)
    }

    fn ready(&self) -> (u16, String) {
        let (status, _, body) = self.send("GET", "/readyz", "", "");
        (status, body)
    }
}

/// Sends a request to a server that may be gone. Returns the status, the headers, and the body.
fn try_send(url: &str, method: &str, path: &str, key: &str, body: &str) -> Option<(u16, String, String)> {
    try_send_with(url, method, path, key, "", body)
}

/// Sends a request as [`try_send`], with headers that end with a line break.
pub(crate) fn try_send_with(
    url: &str,
    method: &str,
    path: &str,
    key: &str,
    headers: &str,
    body: &str,
) -> Option<(u16, String, String)> {
    let address = url.trim_start_matches("http://");
    let basic = BASE64_STANDARD.encode(format!("u:{key}"));
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Basic {basic}\r\n\
         content-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let response = String::from_utf8_lossy(&response).into_owned();
    let (head, body) = response.split_once("\r\n\r\n")?;
    Some((head.get(9..12)?.parse().ok()?, head.to_lowercase(), body.to_owned()))
}

/// Two servers, and a client of the second one.
struct Pair {
    first: Server,
    second: Server,
    client: Process,
    admin: String,
    backend: String,
}

impl Pair {
    fn start(dir: &TempDir, database: &str) -> Self {
        let first = Server::start(dir, database, "first");
        let second = Server::start(dir, database, "second");
        assert_eq!(second.keys, json!([]), "the first server has created the project");
        let (admin, backend) = (first.key("admin"), first.key("backend"));
        let config = json!({"key": KEY, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "1"}}]}]});
        let (status, _, body) = first.send("POST", "/api/v1/config/", &admin, &config.to_string());
        assert_eq!(status, 200, "{body}");
        let mut client = prefab(dir);
        client
            .args(["watch", KEY, "--json"])
            .env("PREFAB_API_KEY", &backend)
            .env("PREFAB_API_URL", &second.url);
        let client = Process::start(client);
        client.expect_value(1);
        Self { first, second, client, admin, backend }
    }
}

/// Runs a command, and returns its output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
