//! A `prefab serve` process.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::{Client, Method};
use serde_json::Value as Json;
use tokio::net::TcpSocket;

use crate::{Result, probe::millis, table::Figures};

/// Where the attacker's connections come from, where that is of importance.
const ATTACKER: [u8; 4] = [127, 0, 0, 2];

pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) started: Duration,
    keys: Vec<(String, String, String)>,
    http: Client,
}

/// A response: its status, 0 without one, and how long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) time: Duration,
}

impl Answer {
    pub(crate) fn shown(self) -> String {
        let status = if self.status == 0 { "no response".to_owned() } else { self.status.to_string() };
        format!("{status} after {:.2} s", self.time.as_secs_f64())
    }
}

impl Server {
    pub(crate) fn start(binary: &Path, folder: &Path, options: &[&str]) -> Result<Self> {
        let began = Instant::now();
        let mut process = Command::new(binary)
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .args(options)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("no standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let started: Json = serde_json::from_str(&line)?;
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let keys = started["keys"].as_array().into_iter().flatten();
        let keys =
            keys.map(|key| (text(&key["environment"]), text(&key["kind"]), text(&key["key"]))).collect();
        let address = text(&started["url"]).trim_start_matches("http://").parse()?;
        Ok(Self { process, address, started: began.elapsed(), keys, http: Client::new() })
    }

    pub(crate) fn key(&self, environment: &str, kind: &str) -> &str {
        let mut keys = self.keys.iter();
        keys.find(|key| key.0 == environment && key.1 == kind).map_or("", |key| &key.2)
    }

    /// Sends a request with a key of Development.
    pub(crate) async fn send(
        &self,
        kind: &str,
        method: &str,
        path: &str,
        body: impl Into<Vec<u8>>,
        patience: Duration,
    ) -> Answer {
        let began = Instant::now();
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let request = self.http.request(method, format!("http://{}{path}", self.address));
        let request = request.basic_auth("u", Some(self.key("Development", kind))).timeout(patience);
        let request = request.header("content-type", "application/json").body(body.into());
        let status = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            response.bytes().await.ok()?;
            Some(status)
        };
        let status = status.await.unwrap_or_default();
        Answer { status, time: began.elapsed() }
    }

    /// Sends a request of the management API about project 1.
    pub(crate) async fn manage(&self, method: &str, path: &str, body: &Json, patience: Duration) -> Answer {
        let path = format!("/api/manage/v1/projects/1{path}");
        self.send("admin", method, &path, body.to_string(), patience).await
    }

    /// Opens a connection from the attacker's address that reads little.
    pub(crate) async fn connect(&self) -> Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4_096)?;
        socket.bind(SocketAddr::from((ATTACKER, 0)))?;
        Ok(tokio::time::timeout(Duration::from_secs(2), socket.connect(self.address)).await??)
    }

    /// Returns a field of `/proc/…/status` in MiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory(&self, field: &str) -> f64 {
        memory(self.process.id(), field)
    }

    /// Returns the processor time of the process in seconds.
    pub(crate) fn processor_time(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Sends a termination signal and reports how long the process takes to end, at most 25 seconds.
    pub(crate) fn stop(mut self) -> Result<Figures> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(25) {
            if self.process.try_wait()?.is_some() {
                return Ok(
                    Figures::default().add("SIGTERM to end", format!("{} ms", millis(asked.elapsed())))
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Figures::default().add("SIGTERM to end", "not within 25 s, killed"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns a field of a process's `/proc/…/status` in MiB.
pub(crate) fn memory(process: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1_024.0
}

/// Returns how many of these connections the server has left open.
pub(crate) fn still_open(connections: Vec<tokio::net::TcpStream>) -> usize {
    let is_open = |stream: &TcpStream| {
        let _ = stream.set_nonblocking(true);
        matches!(stream.peek(&mut [0; 1]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    };
    connections.into_iter().filter_map(|stream| stream.into_std().ok()).filter(is_open).count()
}
