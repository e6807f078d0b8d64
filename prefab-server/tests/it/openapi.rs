//! The management API, asked everything that its document allows, and much that it does not.
//!
//! `PREFAB_SCHEMATHESIS` names the program (`pip install schemathesis`). `PREFAB_SCHEMATHESIS_EXAMPLES` sets how many
//! requests there are for each endpoint.

use crate::common::TestServer;
use prefab_server::KeyKind;
use tokio::process::Command;

#[tokio::test]
async fn the_fuzz_corpus_passes() {
    let Some(program) = std::env::var_os("PREFAB_SCHEMATHESIS") else {
        return prefab_testing::skip("PREFAB_SCHEMATHESIS is not set");
    };
    let server = TestServer::new().await;
    let output = Command::new(format!("{}/tests/openapi/run.sh", env!("CARGO_MANIFEST_DIR")))
        .arg(&server.running.url)
        .arg(server.key("Production", KeyKind::Admin))
        .arg(std::env::var("PREFAB_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "3".to_owned()))
        .env("PREFAB_SCHEMATHESIS", program)
        .current_dir(server.dir.path())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}
