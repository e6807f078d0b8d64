//! The commands of the tutorial and the guides run, in order, against a real server.
//!
//! A fenced block that starts with `sh` runs. A block that cannot is marked `sh,skip`, and the line above it is a
//! comment with the reason: `<!-- skip: builds the workspace -->`. The tests of `prefab-server` run the examples of
//! `docs/management.md` and `docs/people.md`.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use prefab_server::{KeyKind, Options};
use tempfile::TempDir;

use super::{docs, pages};

/// Returns the pages whose commands run.
fn runnable() -> Vec<String> {
    let mut names = vec!["tutorial.md".to_owned(), "command.md".to_owned()];
    names.extend(pages("guides"));
    names.extend(pages("migrate"));
    names
}

/// Returns the blocks that run.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match &mut block {
            None if line == "```sh" => block = Some(String::new()),
            Some(_) if line == "```" => blocks.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// Runs the blocks of a page in one shell, in an empty home directory, and returns the output if they fail.
async fn run(blocks: &[String]) -> Result<(), String> {
    let dir = TempDir::new().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    // An evaluation uses the environment of its key, and the tutorial uses Development.
    let admin = server.keys.iter().find(|key| key.kind == KeyKind::Admin).unwrap();
    let work = dir.path().join("work");
    fs::create_dir(&work).unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_prefab")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap());

    let mut command = Command::new("bash");
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("PREFAB_") || name.starts_with("XDG_")) {
        command.env_remove(name);
    }
    let output = command
        .args(["-euxo", "pipefail", "-c", &blocks.concat()])
        .env("PATH", path)
        .env("HOME", dir.path())
        .env("PREFAB_URL", &server.url)
        .env("PREFAB_ADMIN_KEY", &admin.key)
        .current_dir(work)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(text.into_owned()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_tutorial_and_the_guides_run() {
    for program in ["bash", "jq"] {
        if Command::new(program).arg("--version").output().is_err() {
            return prefab_testing::skip(&format!("{program} is not installed"));
        }
    }
    for name in runnable() {
        let blocks = blocks(&fs::read_to_string(docs(&name)).unwrap());
        if let Err(output) = run(&blocks).await {
            panic!("docs/{name}:\n{output}");
        }
    }
}

#[test]
fn commands_that_do_not_run_have_a_reason() {
    for name in runnable() {
        let page = fs::read_to_string(docs(&name)).unwrap();
        let mut before = "";
        for line in page.lines() {
            let shell =
                ["```sh", "```bash", "```shell", "```console"].iter().any(|start| line.starts_with(start));
            if shell && line != "```sh" {
                let reason = before.strip_prefix("<!-- skip: ").and_then(|rest| rest.strip_suffix(" -->"));
                let marked = line == "```sh,skip" && reason.is_some_and(|reason| !reason.is_empty());
                assert!(marked, "docs/{name}: `{line}` needs `<!-- skip: reason -->` above it");
            }
            before = line;
        }
    }
}

#[test]
fn a_block_ends_where_its_fence_ends() {
    let page = "a\n```sh\none\ntwo\n```\n```sh,skip\nthree\n```\n```text\nfour\n```\n```sh\nfive\n```\n";
    assert_eq!(blocks(page), ["one\ntwo\n", "five\n"]);
}
