//! A server process with two projects, and every kind of caller.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::attack::{Caller, Request};

/// The server's drain time, in seconds.
const DRAIN: u64 = 3;
/// A request without a response after this time counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(6);

/// How the server of a group is started.
pub(crate) struct Setup {
    pub(crate) options: &'static [&'static str],
    /// Limits without an option.
    pub(crate) limits: &'static str,
}

pub(crate) struct World {
    server: Child,
    dir: TempDir,
    pub(crate) http: Client,
    url: String,
    credentials: HashMap<&'static str, String>,
    cookie: String,
    csrf: String,
}

impl World {
    pub(crate) async fn start(setup: &Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Command::new(example())
            .args(["--exit-with-stdin", "--listen", "127.0.0.1:0"])
            .args(["--drain-timeout", &DRAIN.to_string(), "--data-dir"])
            .arg(dir.path())
            .args(setup.options)
            .env("PREFAB_EXAMPLE_LIMITS", setup.limits)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Json = serde_json::from_str(&line).unwrap();
        let mut credentials = HashMap::new();
        for (name, kind) in [("FrontEnd", "frontend"), ("Backend", "backend"), ("Admin", "admin")] {
            let mut keys = started["keys"].as_array().unwrap().iter();
            let key = keys.find(|key| key["kind"] == kind && key["environment"] == "Development").unwrap();
            credentials.insert(name, key["key"].as_str().unwrap().to_owned());
        }
        let mut world = Self {
            server,
            dir,
            http: Client::builder().no_gzip().timeout(PATIENCE).build().unwrap(),
            url: started["url"].as_str().unwrap().to_owned(),
            credentials,
            cookie: String::new(),
            csrf: String::new(),
        };
        world.people(started["signUp"].as_str().unwrap()).await;
        world
    }

    /// Creates the other project, its configs and keys, and a token for each role in this one.
    async fn people(&mut self, sign_up: &str) {
        let token = sign_up.split_once("token=").unwrap().1;
        let owner = json!({"token": token, "email": "owner@example.com", "name": "Owner",
                           "password": "correct horse battery staple"});
        let response = self.manage(Caller::Anonymous, "POST", "/sign-up", owner).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
        json_of(response).await["csrf"].as_str().unwrap().clone_into(&mut self.csrf);
        let project = self.manage(Caller::Neighbor, "POST", "/projects", json!({"name": "Neighbor"})).await;
        assert_eq!(json_of(project).await["id"], "2");
        for (path, body) in [("/projects/1/items", item("known")), ("/projects/2/items", item("probe"))] {
            assert_eq!(self.manage(Caller::Neighbor, "POST", path, body).await.status(), 200);
        }
        let environment =
            json_of(self.manage(Caller::Neighbor, "GET", "/projects/2/environments", Json::Null).await);
        let environment = environment.await[0]["id"].as_str().unwrap().to_owned();
        let key = json!({"name": "web", "environment": environment, "kind": "frontend"});
        let key = json_of(self.manage(Caller::Neighbor, "POST", "/projects/2/keys", key).await).await;
        self.credentials.insert("NeighborFrontEnd", key["key"].as_str().unwrap().to_owned());
        for (name, role) in [("Viewer", "viewer"), ("Editor", "editor"), ("Publisher", "publisher")] {
            let token = json!({"name": role, "role": role});
            let token = json_of(self.manage(Caller::Admin, "POST", "/projects/1/tokens", token).await).await;
            self.credentials.insert(name, token["token"].as_str().unwrap().to_owned());
        }
    }

    async fn manage(&self, who: Caller, method: &'static str, path: &str, body: Json) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::new(method, format!("/api/manage/v1{path}"), body);
        self.request(who, &request).send().await.unwrap()
    }

    pub(crate) fn request(&self, who: Caller, request: &Request) -> RequestBuilder {
        let method = request.method.parse().unwrap();
        let mut builder = self.http.request(method, format!("{}{}", self.url, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if !request.body.is_empty() {
            builder = builder.body(request.body.clone());
        }
        match who {
            Caller::Anonymous => builder,
            Caller::Neighbor => builder.header("cookie", &self.cookie).header("x-prefab-csrf", &self.csrf),
            _ => builder.basic_auth("u", Some(self.credential(who))),
        }
    }

    pub(crate) fn credential(&self, who: Caller) -> &str {
        &self.credentials[&*format!("{who:?}")]
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.dir.path().join("prefab.db")
    }

    /// Returns the memory of the process in MiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        memory.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// Returns the processor time of the process in hundredths of a second.
    pub(crate) fn processor_time(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.server.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Sends a termination signal. Returns what is wrong with how the process ends.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let signal = Command::new("kill").args(["-TERM", &self.server.id().to_string()]).status().unwrap();
        assert!(signal.success());
        let asked = Instant::now();
        let limit = Duration::from_secs(DRAIN + 1);
        while asked.elapsed() < limit {
            if let Some(status) = self.server.try_wait().unwrap() {
                let message = format!("the process ended with {status}");
                return if status.success() { Ok(()) } else { Err(message) };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the process still runs {limit:?} after SIGTERM"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn item(key: &str) -> Json {
    json!({"item": {"key": key, "type": "config", "valueType": "string",
                    "default": {"rules": [{"value": {"type": "string", "value": "a"}}]}}})
}

async fn json_of(response: Response) -> Json {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Returns the path of the example `serve`, which cargo builds for tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let example = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/serve");
    assert!(example.exists(), "{} is not built; run `cargo build --examples`", example.display());
    example
}
