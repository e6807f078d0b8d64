//! What `docs/management.md` shows works as it stands there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use common::Bed;
use prefab_server::KeyKind;
use tokio::process::Command;

#[tokio::test]
async fn the_examples_of_the_management_page_run() {
    for program in ["bash", "curl", "jq"] {
        if Command::new(program).arg("--version").output().await.is_err() {
            eprintln!("SKIPPED: there is no {program}");
            return;
        }
    }
    let bed = Bed::new().await;
    let page = include_str!("../../docs/management.md");
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script: Vec<&str> = blocks.collect();
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", &script.concat()])
        .env("PREFAB_URL", &bed.running.url)
        .env("PREFAB_ADMIN_KEY", bed.key("Production", KeyKind::Admin))
        .current_dir(bed.dir.path())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && script.len() > 5, "{said}");
    for file in ["audit.jsonl", "project.json", "production.datafile.json", "prefab-backup.db"] {
        assert!(bed.dir.path().join(file).metadata().unwrap().len() > 0, "{file}");
    }
}
