//! A server stops within its time limit, even during long work.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::Engine as _;
use prefab_testing::within;
use serde_json::{Value as Json, json};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn running_work_does_not_delay_process_exit() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_prefab"));
    server.args(["serve", "--listen", "127.0.0.1:0", "--json", "--drain-timeout", "1"]);
    server.env_remove("PREFAB_URL").current_dir(dir.path()).stdout(Stdio::piped());
    let mut server = Server(server.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started: Json = serde_json::from_str(&line).unwrap();
    let keys = started["keys"].as_array().unwrap();
    let admin = keys.iter().find(|key| key["kind"] == "admin").unwrap()["key"].as_str().unwrap();

    // Planning this import takes many seconds without optimization.
    let configs: Vec<Json> = (0..90_000)
        .map(|at| {
            json!({"key": format!("k{at}"), "configType": "CONFIG", "valueType": "STRING",
                   "rows": [{"values": [{"value": {"string": "v"}}]}]})
        })
        .collect();
    let body = json!({ "configs": configs }).to_string();
    let address = started["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let credentials = base64::prelude::BASE64_STANDARD.encode(format!("u:{admin}"));
    let head = format!(
        "POST /api/manage/v1/projects/1/import HTTP/1.1\r\nhost: x\r\nauthorization: Basic {credentials}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();

    let pid = server.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    within(Duration::from_secs(5), "the server ends", || server.0.try_wait().unwrap().is_some());
}
