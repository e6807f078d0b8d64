//! Official SDKs connect with exactly the variables that `prefab doctor` prints.
//!
//! `PREFAB_OFFICIAL_CLIENTS` is the folder that `prefab-server/tests/official/install.sh` creates.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

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

/// Versions before 0.10.8 do not have the option of the telemetry URL.
const OLD_PYTHON: &str = r#"
import os
from prefab_cloud_python import Client, Options
client = Client(Options())
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

/// An SDK to start: the program, its arguments and the variables that select its packages.
struct Sdk<'a> {
    program: PathBuf,
    arguments: [&'a str; 2],
    packages: (&'a str, PathBuf),
}

fn folder() -> Option<PathBuf> {
    std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from)
}

fn node(packages: PathBuf) -> Sdk<'static> {
    Sdk { program: "node".into(), arguments: ["-e", NODE], packages: ("NODE_PATH", packages) }
}

/// Returns the versions of an SDK that are installed in a folder of their own.
fn installed(folder: &Path, language: &str) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder.join("versions").join(language)).into_iter().flatten();
    let entries = entries.map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path())).collect()
}

/// Returns whether a version is at least `minimum`, by its numbers.
fn is_at_least(version: &str, minimum: [u32; 3]) -> bool {
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    numbers >= minimum.to_vec()
}

/// Starts an SDK with the settings in a line of doctor, which must be the `expected` variables. It must read a value, and
/// contact no other server.
async fn check(name: &str, versions: &str, expected: &[&str], started: Sdk<'_>) {
    let dir = TempDir::new().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    let mut create = Command::new(env!("CARGO_BIN_EXE_prefab"));
    create.args(["create", "greeting", "--type", "string", "--value", "hello", "--url", &server.url]);
    create.args(["--api-key", key(&server, KeyKind::Admin)]);
    assert!(create.stdout(Stdio::null()).status().await.unwrap().success());

    let variables = variables(&server, name, versions);
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected);
    let Sdk { program, arguments, packages } = started;
    let mut sdk = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        sdk.env_remove(name);
    }
    sdk.args(arguments).envs(variables).env("PREFAB_API_KEY", key(&server, KeyKind::Backend));
    sdk.env(packages.0, &packages.1);
    sdk.env("HOME", dir.path()).env("PREFAB_CLOUD_HTTP", "true").kill_on_drop(true);
    let output = tokio::time::timeout(SDK_TIMEOUT, sdk.output()).await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = packages.1.display();
    assert!(printed.lines().any(|line| line == "value hello"), "{place}: {printed}\n{error}");
    // Python derives the name of a CDN from the URL, and logs that it cannot be contacted.
    assert!(!error.contains("fastly.net"), "{place}: {error}");
    server.shutdown().await;
}

const NODE_VARIABLES: [&str; 1] = ["PREFAB_API_URL_OVERRIDE"];
const PYTHON_VARIABLES: [&str; 2] = ["PREFAB_API_URL", "PREFAB_STREAM_URL"];
const OLD_PYTHON_VARIABLES: [&str; 2] = ["PREFAB_API_URL", "PREFAB_CDN_URL"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_sdk_connects_with_the_settings_of_doctor() {
    let Some(folder) = folder() else {
        return skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    check("Node", "0.4 and later", &NODE_VARIABLES, node(folder.join("node/node_modules"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sdk_connects_with_the_settings_of_doctor() {
    let Some(folder) = folder() else {
        return skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    let sdk = Sdk {
        program: folder.join("py/bin/python"),
        arguments: ["-c", PYTHON],
        packages: ("PYTHONPATH", PathBuf::new()),
    };
    check("Python", "0.10.8 and later", &PYTHON_VARIABLES, sdk).await;
}

/// The versions are those of `PREFAB_OFFICIAL_VERSIONS` when `install.sh` ran.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_connects_with_the_settings_of_doctor() {
    let Some(folder) = folder() else {
        return skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    let (python, nodes) = (installed(&folder, "python"), installed(&folder, "node"));
    if python.is_empty() || nodes.is_empty() {
        return skip("the folder PREFAB_OFFICIAL_CLIENTS contains no versions");
    }
    for (version, packages) in nodes {
        assert!(is_at_least(&version, [0, 4, 0]), "no line of doctor is tested for Node {version}");
        check("Node", "0.4 and later", &NODE_VARIABLES, node(packages.join("node_modules"))).await;
    }
    for (version, packages) in python {
        let (versions, variables, script) = if is_at_least(&version, [0, 10, 8]) {
            ("0.10.8 and later", PYTHON_VARIABLES, PYTHON)
        } else {
            ("up to 0.10.7", OLD_PYTHON_VARIABLES, OLD_PYTHON)
        };
        let program = folder.join("py/bin/python");
        let sdk = Sdk { program, arguments: ["-c", script], packages: ("PYTHONPATH", packages) };
        check("Python", versions, &variables, sdk).await;
    }
}
