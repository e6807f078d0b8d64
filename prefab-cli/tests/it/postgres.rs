//! Two servers on one PostgreSQL database, as processes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prefab_testing::{TEST_TIMEOUT, eventually, postgres::Postgres, within};
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
        let started = Instant::now();
        while self.line()["value"] != value {
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

#[test]
fn a_client_of_one_server_sees_a_change_on_the_other_within_a_second() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    for value in 2..12 {
        let published = Instant::now();
        assert_eq!(pair.first.set(&pair.admin, value).0, 200);
        pair.client.expect_value(value);
        assert!(published.elapsed() < Duration::from_secs(1), "{:?}", published.elapsed());
    }
    // The second server has read the API keys of the first one, and its own changes follow.
    assert_eq!(pair.second.set(&pair.admin, 20).0, 200);
    pair.client.expect_value(20);
    drop(pair.first.process);
    assert_eq!(pair.second.set(&pair.admin, 21).0, 200);
    pair.client.expect_value(21);
}

#[test]
fn clients_are_served_while_the_database_is_down() {
    let Some(mut database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    database.kill();
    let (status, head) = pair.first.set(&pair.admin, 2);
    assert!(status == 503 && head.contains("retry-after: 1"), "{head}");
    let (status, ..) = pair.first.send("GET", "/api/v1/configs/0", &pair.backend, "");
    assert_eq!(status, 200, "clients are served from memory");
    let (status, state) = pair.second.ready();
    assert!(status == 200 && state.contains("the database has not answered since 20"), "{state}");
    let mut late = prefab(&dir);
    late.args(["watch", KEY, "--json"]).env("PREFAB_API_KEY", &pair.backend);
    late.env("PREFAB_API_URL", &pair.second.url).env("XDG_CACHE_HOME", dir.path().join("empty"));
    let late = Process::start(late);
    late.expect_value(1);

    database.restart();
    eventually("the first server writes again", || pair.first.set(&pair.admin, 3).0 == 200);
    pair.client.expect_value(3);
    late.expect_value(3);
    eventually("the second server is ready", || pair.second.ready() == (200, "ok".to_owned()));
}

#[test]
fn clients_are_served_while_the_database_hangs() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    database.pause();
    let started = Instant::now();
    let write = thread::scope(|scope| {
        let write = scope.spawn(|| pair.first.set(&pair.admin, 2));
        while !write.is_finished() {
            let read = Instant::now();
            let (status, ..) = pair.second.send("GET", "/api/v1/configs/0", &pair.backend, "");
            assert!(status == 200 && read.elapsed() < Duration::from_secs(1), "{:?}", read.elapsed());
            thread::sleep(Duration::from_millis(100));
        }
        write.join().unwrap()
    });
    assert!(write.0 == 503 && write.1.contains("retry-after: 1"), "{write:?}");
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
    database.resume();
    within(Duration::from_secs(10), "the first server writes again", || {
        pair.first.set(&pair.admin, 3).0 == 200
    });
    pair.client.expect_value(3);
}

#[test]
fn clients_follow_a_database_that_went_back_and_lost_changes_become_drafts() {
    let Some(mut database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let pair = Pair::start(&dir, &database.url());
    let set = |value| eventually("a server writes", || pair.first.set(&pair.admin, value).0 == 200);
    set(2);
    pair.client.expect_value(2);
    database.save();
    set(3);
    pair.client.expect_value(3);
    database.go_back();
    // Both servers compare what they remember; one of them appends the current version again.
    pair.client.expect_value(2);
    let (status, _, drafts) = pair.second.send("GET", "/api/manage/v1/projects/1/drafts", &pair.admin, "");
    assert!(status == 200 && drafts.contains("lost change"), "{drafts}");
    let (_, _, audit) = pair.second.send("GET", "/api/manage/v1/projects/1/audit.jsonl", &pair.admin, "");
    assert_eq!(audit.matches("the database went back").count(), 1, "{audit}");
    set(4);
    pair.client.expect_value(4);
}

/// Runs a command, and returns its output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns what must survive a move: what the clients of every environment receive, and the audit log.
fn content(server: &Server, keys: &[String], admin: &str) -> Vec<String> {
    let get = |path: &str, key: &str| {
        let (status, _, body) = server.send("GET", path, key, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    };
    let mut all: Vec<String> = keys.iter().map(|key| get("/api/v1/configs/0", key)).collect();
    all.push(get("/api/manage/v1/projects/1/audit.jsonl", admin));
    all
}

#[test]
fn a_database_moves_to_postgresql_and_back() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let first = Server::start(&dir, "start.db", "data");
    let admin = first.key("admin");
    let keys = first.keys.as_array().unwrap().iter().filter(|key| key["kind"] == "backend");
    let keys: Vec<String> = keys.map(|key| key["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 3);
    for key in [KEY, "a", "b", "log-level.app"] {
        let config = json!({"key": key, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "1"}}]}]});
        let (status, _, body) = first.send("POST", "/api/v1/config/", &admin, &config.to_string());
        assert!(status == 200 || key.starts_with("log-level"), "{body}");
    }
    for value in 2..20 {
        assert_eq!(first.set(&admin, value).0, 200);
    }
    let before = content(&first, &keys, &admin);
    assert!(before[3].lines().count() > 20, "{}", before[3]);
    drop(first);

    let url = database.url();
    let plan = run(prefab(&dir).args(["migrate", "--plan", "--to", &url]));
    assert!(plan.contains("CREATE TABLE \"prefab\".config_version"), "{plan}");
    // A source is only read, so a wrong name creates nothing.
    let from_empty = prefab(&dir).args(["migrate", "--from", &url, "--to", "none.db"]).output().unwrap();
    let message = String::from_utf8(from_empty.stderr).unwrap();
    assert!(!from_empty.status.success() && message.contains("does not have the tables"), "{message}");
    assert!(!dir.path().join("none.db").exists());
    run(prefab(&dir).args(["migrate", "--from", "start.db", "--to", &url]));
    assert!(run(prefab(&dir).args(["migrate", "--plan", "--to", &url])).contains("nothing to do"));
    let again = prefab(&dir).args(["migrate", "--from", "start.db", "--to", &url]).output().unwrap();
    let message = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && message.contains("not empty"), "{message}");
    let second = Server::start(&dir, &url, "data2");
    assert_eq!(content(&second, &keys, &admin), before);
    // A backup of a running server has the format of all backups.
    run(prefab(&dir)
        .args(["backup", "backup.db"])
        .env("PREFAB_URL", &second.url)
        .env("PREFAB_ADMIN_KEY", &admin));
    let before = content(&second, &keys, &admin);
    drop(second);

    run(prefab(&dir).args(["migrate", "--from", &url, "--to", "end.db"]));
    let third = Server::start(&dir, "end.db", "data3");
    assert_eq!(content(&third, &keys, &admin), before);
    assert_eq!(third.set(&admin, 99).0, 200);
    drop(third);
    run(prefab(&dir).args(["restore", "backup.db", "--data-dir", "data4"]));
    let fourth = Server::start(&dir, "data4/prefab.db", "data4");
    assert_eq!(fourth.set(&admin, 99).0, 200);
}

/// Writes rising values of a key to one server after another, and returns the ids of the acknowledged versions.
fn write(servers: &[String], admin: &str, key: &str, is_over: &AtomicBool) -> Vec<i64> {
    let mut acknowledged = Vec::new();
    for (value, url) in (1..).zip(servers.iter().cycle()) {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let change = json!({"configKey": key, "value": {"int": value.to_string()}}).to_string();
        if let Some((200, _, body)) = try_send(url, "POST", "/api/v1/config/set-default/", admin, &change) {
            let reply: Json = serde_json::from_str(&body).unwrap();
            let id = reply["newId"].as_str().or_else(|| reply["response"]["newId"].as_str());
            acknowledged.push(id.unwrap_or_else(|| panic!("{body}")).parse().unwrap());
        }
    }
    acknowledged
}

/// `PREFAB_TEST_KILLS` is the number of kills, if there are to be more.
#[test]
fn servers_that_are_killed_in_turn_lose_nothing() {
    let Some(database) = Postgres::start() else { return };
    let kills =
        std::env::var("PREFAB_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(9_usize);
    let dir = TempDir::new().unwrap();
    let data = |number: usize| format!("data{number}");
    let mut servers: Vec<Server> =
        (0..3).map(|number| Server::start(&dir, &database.url(), &data(number))).collect();
    let (admin, backend) = (servers[0].key("admin"), servers[0].key("backend"));
    let urls: Vec<String> = servers.iter().map(|server| server.url.clone()).collect();
    let keys = [KEY, "b", "c"];
    for key in keys {
        let config = json!({"key": key, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "0"}}]}]});
        assert_eq!(servers[0].send("POST", "/api/v1/config/", &admin, &config.to_string()).0, 200);
    }
    let clients: Vec<Process> = urls
        .iter()
        .enumerate()
        .map(|(number, url)| {
            let mut client = prefab(&dir);
            client.args(["watch", KEY, "--json"]).env("PREFAB_API_KEY", &backend).env("PREFAB_API_URL", url);
            client.env("XDG_CACHE_HOME", dir.path().join(format!("cache{number}")));
            Process::start(client)
        })
        .collect();
    let is_over = AtomicBool::new(false);
    let acknowledged: Vec<Vec<i64>> = thread::scope(|scope| {
        let writers: Vec<_> =
            keys.iter().map(|key| scope.spawn(|| write(&urls, &admin, key, &is_over))).collect();
        for kill in 0..kills {
            thread::sleep(Duration::from_millis(150));
            let number = kill % servers.len();
            let server = &mut servers[number].process.child;
            server.kill().unwrap();
            server.wait().unwrap();
            let listen = urls[number].trim_start_matches("http://");
            servers[number] = Server::start_at(&dir, &database.url(), &data(number), listen);
        }
        is_over.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    for (key, acknowledged) in keys.iter().zip(&acknowledged) {
        assert!(acknowledged.len() > kills, "{key}: {}", acknowledged.len());
        assert!(acknowledged.is_sorted_by(|before, after| before < after), "{key}: {acknowledged:?}");
        let list: Vec<String> = acknowledged.iter().map(ToString::to_string).collect();
        let stored = database.sql(&format!(
            "SELECT count(*) FROM prefab.config_version WHERE key = '{key}' AND id IN ({})",
            list.join(", ")
        ));
        assert_eq!(stored, acknowledged.len().to_string(), "{key}: an acknowledged change is lost");
    }
    let last = 1_000_000;
    assert_eq!(servers[1].set(&admin, last).0, 200);
    for client in &clients {
        let mut newest = 0;
        let started = Instant::now();
        while newest != last {
            let value = client.line()["value"].as_i64().unwrap();
            assert!(value >= newest, "a client saw {value} after {newest}");
            newest = value;
            assert!(started.elapsed() < TEST_TIMEOUT, "{newest}");
        }
    }
}
