//! The official command-line tool, unmodified, against this server, with the script `tests/official/tool.sh`.
//!
//! `PREFAB_OFFICIAL_CLIENTS` names a folder that has it, as `tests/official/install.sh` makes one.

use std::path::PathBuf;

use crate::common::{TestServer, answer};
use prefab_server::KeyKind;
use serde_json::json;
use tokio::process::Command;

#[tokio::test]
async fn the_official_cli_works_against_the_server() {
    let Some(folder) = std::env::var_os("PREFAB_OFFICIAL_CLIENTS").map(PathBuf::from) else {
        return prefab_testing::skip("PREFAB_OFFICIAL_CLIENTS is not set");
    };
    let server = TestServer::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let request = json!({"name": "live", "environment": "Production", "kind": "admin"});
    let created = server.admin("POST", "/api/manage/v1/projects/1/keys").body(request.to_string());
    let other = answer(created.send().await.unwrap()).await.1["key"].as_str().unwrap().to_owned();
    let output = Command::new("bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official/tool.sh"))
        .env("PREFAB_TEST_TOOL", folder.join("node/node_modules/.bin/prefab"))
        .env("PREFAB_TEST_URL", &server.running.url)
        .env("PREFAB_TEST_KEY", server.key("Development", KeyKind::Admin))
        .env("PREFAB_TEST_OTHER_KEY", other)
        .env("PREFAB_TEST_PORT", port.to_string())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.ends_with("walked\n"), "{text}");
}
