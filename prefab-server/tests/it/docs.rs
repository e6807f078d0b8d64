//! The examples of the documentation run.

use crate::common::TestServer;
use prefab_server::KeyKind;
use tokio::process::Command;

/// Runs all examples of a page in order. Returns whether they could run.
async fn run(server: &TestServer, page: &str, variables: &[(&str, &str)]) -> bool {
    for program in ["bash", "curl", "jq"] {
        if Command::new(program).arg("--version").output().await.is_err() {
            prefab_testing::skip(&format!("{program} is not installed"));
            return false;
        }
    }
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script: Vec<&str> = blocks.collect();
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", &script.concat()])
        .env("PREFAB_URL", &server.running.url)
        .envs(variables.iter().copied())
        .current_dir(server.dir.path())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !script.is_empty(), "{text}");
    true
}

#[tokio::test]
async fn the_examples_of_the_management_page_run() {
    let server = TestServer::new().await;
    let key = server.key("Production", KeyKind::Admin);
    if !run(&server, include_str!("../../../docs/management.md"), &[("PREFAB_ADMIN_KEY", &key)]).await {
        return;
    }
    for file in ["audit.jsonl", "project.json", "production.datafile.json", "prefab-backup.db"] {
        assert!(server.dir.path().join(file).metadata().unwrap().len() > 0, "{file}");
    }
}

#[tokio::test]
async fn the_first_change_of_the_readme_runs() {
    let server = TestServer::new().await;
    let readme = include_str!("../../../README.md");
    let section = readme.split("### The first change").nth(1).unwrap().split("\n###").next().unwrap();
    run(&server, section, &[("PREFAB_ADMIN_KEY", &server.key("Production", KeyKind::Admin))]).await;
}

#[tokio::test]
async fn the_examples_of_the_people_page_run() {
    let server = TestServer::new().await;
    let link = server.running.sign_up.clone().unwrap();
    let token = link.split_once("token=").unwrap().1;
    run(&server, include_str!("../../../docs/people.md"), &[("TOKEN", token)]).await;
}
