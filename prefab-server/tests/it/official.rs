//! The official clients, unmodified, against this server.
//!
//! `PREFAB_OFFICIAL_CLIENTS` names a folder that has them: a Python environment in `py` with
//! `prefab-cloud-python`, and a Node folder `node` with `@prefab-cloud/prefab-cloud-node`,
//! `@prefab-cloud/prefab-cloud-js` and `@prefab-cloud/prefab`. `tests/official/install.sh` makes one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use crate::common::{TestServer, answer};
use prefab_server::KeyKind;
use prefab_testing::eventually_some;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// Returns the folder of the clients, or reports that the test is skipped.
pub(crate) fn clients() -> Option<PathBuf> {
    let folder = std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from);
    if folder.is_none() {
        prefab_testing::skip("PREFAB_OFFICIAL_CLIENTS is not set");
    }
    folder
}

pub(crate) struct Script {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Script {
    pub(crate) fn start(server: &TestServer, program: PathBuf, script: &str, kind: KeyKind) -> Self {
        Self::start_at(&server.running.url, &server.key("Development", kind), program, script)
    }

    /// Starts a script whose client connects to a URL with an API key.
    pub(crate) fn start_at(url: &str, key: &str, program: PathBuf, script: &str) -> Self {
        let mut process = Command::new(program)
            .arg(format!("{}/tests/official/{script}", env!("CARGO_MANIFEST_DIR")))
            .env("PREFAB_TEST_URL", url)
            .env("PREFAB_TEST_KEY", key)
            // The value of a config that an environment variable provides.
            .env("PREFAB_TEST_PORT", "8080")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// Writes to the standard input of the script.
    pub(crate) async fn write(&mut self, text: &str) {
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(text.as_bytes()).await.unwrap();
        input.flush().await.unwrap();
    }

    /// Returns what the script prints after this word, skipping the output of the client.
    pub(crate) async fn read_value(&mut self, word: &str) -> String {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(40), self.lines.next_line());
            let line = next.await.unwrap().unwrap().unwrap_or_else(|| panic!("it ended before `{word}`"));
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
    }
}

async fn server() -> TestServer {
    let server = TestServer::new().await;
    create_configs(&server).await;
    server
}

/// Creates what the scripts read.
pub(crate) async fn create_configs(server: &TestServer) {
    for config in [
        json!({"key": "greeting", "configType": "CONFIG", "valueType": "STRING", "sendToClientSdk": true,
               "rows": [{"values": [{"value": {"string": "hello"}}]}]}),
        json!({"key": "beta", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
            {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"stringList": {"values": ["pro"]}}}], "value": {"bool": true}},
            {"value": {"bool": false}}]}]}),
    ] {
        assert_eq!(server.post("/api/v1/config/", config).await.0, 200);
    }
}

/// Checks a first value, two contexts, a live change, a deletion and telemetry.
pub(crate) async fn walk(server: &TestServer, mut script: Script) {
    assert_eq!(script.read_value("first").await, "hello");
    assert_eq!(script.read_value("flag").await.to_lowercase(), "true");
    assert_eq!(script.read_value("flag").await.to_lowercase(), "false");
    script.read_value("ready").await;
    server.set("greeting", "changed").await;
    assert_eq!(script.read_value("second").await, "changed");
    server.delete("greeting").await;
    script.read_value("deleted").await;
    script.read_value("reported").await;
    // Another server of the same database can have received the report, and stores it within seconds.
    eventually_some("the evaluations are counted", async || {
        let stats = server.admin("GET", "/api/v1/evaluation-stats/beta").send().await.unwrap();
        answer(stats).await.1["total"].as_i64().filter(|total| *total > 0)
    })
    .await;
}

#[tokio::test]
async fn the_python_sdk_works_against_the_server() {
    let Some(folder) = clients() else { return };
    let server = server().await;
    let script = Script::start(&server, folder.join("py/bin/python"), "client.py", KeyKind::Backend);
    walk(&server, script).await;
}

#[tokio::test]
async fn the_node_sdk_works_against_the_server() {
    if clients().is_none() {
        return;
    }
    let server = server().await;
    walk(&server, Script::start(&server, "node".into(), "client.mjs", KeyKind::Backend)).await;
}

#[tokio::test]
async fn the_browser_sdk_works_against_the_server() {
    if clients().is_none() {
        return;
    }
    let server = server().await;
    walk(&server, Script::start(&server, "node".into(), "browser.mjs", KeyKind::Frontend)).await;
}

#[tokio::test]
async fn the_official_tool_creates_and_changes_values() {
    let Some(folder) = clients() else { return };
    use_tool(&TestServer::new().await, &folder).await;
}

/// Creates, changes and reads configs with the official command.
pub(crate) async fn use_tool(server: &TestServer, folder: &Path) {
    let tool = async |arguments: &[&str]| {
        let output = Command::new(folder.join("node/node_modules/.bin/prefab"))
            .args(arguments)
            .env("PREFAB_API_URL", &server.running.url)
            .env("PREFAB_API_KEY", server.key("Development", KeyKind::Admin))
            .env("NO_COLOR", "1")
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    };
    let check = async |arguments: &[&str], wanted: &str| {
        let (success, text) = tool(arguments).await;
        assert!(success && text.contains(wanted), "{arguments:?}: {text}");
    };
    check(&["create", "greeting", "--type", "string", "--value", "hello"], "Created config").await;
    check(&["create", "beta", "--type", "boolean-flag", "--value", "false"], "Created boolean flag").await;
    check(&["create", "count", "--type", "int", "--value", "3"], "Created config").await;
    check(&["create", "names", "--type", "string-list", "--value", "a,b"], "Created config").await;
    check(&["list"], "greeting").await;
    check(&["get", "greeting"], "hello").await;
    check(
        &["set-default", "greeting", "--value", "changed", "--environment", "Development", "--confirm"],
        "Successfully changed",
    )
    .await;
    check(&["get", "greeting"], "changed").await;
    check(&["info", "greeting"], "Development: changed").await;
    let (success, text) = tool(&["create", "greeting", "--type", "string", "--value", "again"]).await;
    assert!(!success && text.contains("already exists"), "{text}");
}
