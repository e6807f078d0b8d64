//! Official SDKs connect with exactly the variables that `prefab doctor` prints.
//!
//! `PREFAB_OFFICIAL_CLIENTS` is the folder that `prefab-server/tests/official/install.sh` creates.

use std::{path::PathBuf, process::Stdio, time::Duration};

use prefab_server::{KeyKind, Options, Running};
use prefab_testing::skip;
use tempfile::TempDir;
use tokio::process::Command;

/// The time limit of a program that starts an SDK and reads one value.
const SDK_TIMEOUT: Duration = Duration::from_secs(60);

const NODE: &str = r#"
const { Prefab } = require("@prefab-cloud/prefab-cloud-node");
const prefab = new Prefab({ apiKey: process.env.PREFAB_API_KEY, enableSSE: false, enablePolling: false });
prefab.init().then(() => { console.log("value", prefab.get("greeting")); process.exit(0); });
"#;

const PYTHON: &str = r#"
import os
from prefab_cloud_python import Client, Options
client = Client(Options(prefab_telemetry_url=os.environ["PREFAB_API_URL"], connection_timeout_seconds=20))
print("value", client.get("greeting"), flush=True)
os._exit(0)
"#;

/// Returns the variables that doctor prints for an SDK.
fn variables(server: &Running, name: &str, versions: &str) -> Vec<(String, String)> {
    let mut doctor = std::process::Command::new(env!("CARGO_BIN_EXE_prefab"));
    doctor.args(["doctor", "--url", &server.url, "--api-key", key(server, KeyKind::Backend)]);
    let output = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
    let line = output.lines().find(|line| line.contains(name) && line.contains(versions));
    let line = line.unwrap_or_else(|| panic!("no line for {name} {versions}:\n{output}"));
    let words = line.split_whitespace().map(|word| word.trim_end_matches(','));
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs
        .filter(|(name, _)| name.starts_with("PREFAB_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn key(server: &Running, kind: KeyKind) -> &str {
    &server.keys.iter().find(|key| key.kind == kind).unwrap().key
}

async fn check(name: &str, versions: &str, expected: &[&str], program: PathBuf, arguments: &[&str]) {
    let dir = TempDir::new().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    let mut create = Command::new(env!("CARGO_BIN_EXE_prefab"));
    create.args(["create", "greeting", "--type", "string", "--value", "hello", "--url", &server.url]);
    create.args(["--api-key", key(&server, KeyKind::Admin)]);
    assert!(create.stdout(Stdio::null()).status().await.unwrap().success());

    let variables = variables(&server, name, versions);
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected);
    let mut sdk = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        sdk.env_remove(name);
    }
    sdk.args(arguments).envs(variables).env("PREFAB_API_KEY", key(&server, KeyKind::Backend));
    sdk.env("HOME", dir.path()).env("PREFAB_CLOUD_HTTP", "true").kill_on_drop(true);
    let folder = PathBuf::from(std::env::var_os("PREFAB_OFFICIAL_CLIENTS").unwrap());
    sdk.env("NODE_PATH", folder.join("node/node_modules"));
    let output = tokio::time::timeout(SDK_TIMEOUT, sdk.output()).await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(printed.lines().any(|line| line == "value hello"), "{printed}\n{error}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_sdk_connects_with_the_settings_of_doctor() {
    if std::env::var_os("PREFAB_OFFICIAL_CLIENTS").is_none() {
        return skip("PREFAB_OFFICIAL_CLIENTS is not set");
    }
    let arguments = ["-e", NODE];
    check("Node", "0.4 and later", &["PREFAB_API_URL_OVERRIDE"], "node".into(), &arguments).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sdk_connects_with_the_settings_of_doctor() {
    let Some(folder) = std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from) else {
        return skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    let expected = ["PREFAB_API_URL", "PREFAB_STREAM_URL"];
    check("Python", "0.10.8 and later", &expected, folder.join("py/bin/python"), &["-c", PYTHON]).await;
}
