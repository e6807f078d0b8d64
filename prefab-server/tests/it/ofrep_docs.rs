//! The examples of `docs/ofrep.md`, with the official clients.

use std::{fs, path::Path};

use prefab_server::KeyKind;
use serde_json::json;
use tokio::process::Command;

use crate::{common::TestServer, official::clients};

/// What browsers have and Node lacks.
const BROWSER: &str = "import { createRequire } from 'node:module';
globalThis.EventSource = createRequire(import.meta.url)('eventsource').EventSource;
globalThis.localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
";

/// Returns the example with this number in a language.
fn example(language: &str, number: usize) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ofrep.md");
    let page = fs::read_to_string(page).unwrap();
    let start = format!("```{language}\n");
    let mut examples = page.split(&start).skip(1);
    examples.nth(number).unwrap().split_once("```").unwrap().0.to_owned()
}

/// Inserts the server into an example, and prints the value of its last line.
fn prepare(server: &TestServer, example: &str, print: &str, end: &str) -> String {
    let (code, last) = example.trim_end().rsplit_once('\n').unwrap();
    let url = &server.running.url;
    let code = code.replace("http://127.0.0.1:8742", url).replace("https://prefab.example.com", url);
    assert!(code.contains(url), "{code}");
    let code = code
        .replace("YOUR-API-KEY", &server.key("Development", KeyKind::Backend))
        .replace("YOUR-FRONT-END-KEY", &server.key("Development", KeyKind::Frontend));
    format!("{code}\n{print}(\"value\", {});\n{end}", last.trim_end_matches(';'))
}

async fn server() -> TestServer {
    let server = TestServer::new().await;
    let flag = json!({"key": "new-checkout", "configType": "FEATURE_FLAG", "valueType": "BOOL", "rows": [{"values": [
        {"criteria": [{"propertyName": "user.plan", "operator": "PROP_IS_ONE_OF",
                       "valueToMatch": {"stringList": {"values": ["pro"]}}}], "value": {"bool": true}},
        {"value": {"bool": false}}]}]});
    assert_eq!(server.post("/api/v1/config/", flag).await.0, 200);
    server
}

async fn check(mut command: Command, file: &Path) {
    let output = command.arg(file).kill_on_drop(true).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.to_lowercase().contains("value true"), "{text}");
}

#[tokio::test]
async fn the_python_example_works() {
    let Some(clients) = clients() else { return };
    let server = server().await;
    let file = server.dir.path().join("example.py");
    fs::write(&file, prepare(&server, &example("python", 0), "print", "")).unwrap();
    check(Command::new(clients.join("py/bin/python")), &file).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_javascript_examples_work() {
    let Some(clients) = clients() else { return };
    let server = server().await;
    let modules = server.dir.path().join("node_modules");
    std::os::unix::fs::symlink(clients.join("openfeature/node_modules"), modules).unwrap();
    for (number, start) in ["", BROWSER].into_iter().enumerate() {
        let code = prepare(&server, &example("js", number), "console.log", "process.exit(0);\n");
        let file = server.dir.path().join(format!("example-{number}.mjs"));
        fs::write(&file, format!("{start}{code}")).unwrap();
        check(Command::new("node"), &file).await;
    }
}
