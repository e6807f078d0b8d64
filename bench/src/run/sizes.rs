//! Measures the size of programs with Prefab, and their compile times.

use std::{fs, path::Path, process::Command, time::Instant};

use anyhow::{Context as _, Result, bail};
use prefab_bench::scratch_file;
use serde::{Deserialize, Serialize};

use crate::{cargo, store::Store};

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) name: String,
    /// The size of the stripped program, in bytes.
    pub(crate) bytes: u64,
    /// The number of compiled crates, without the program.
    pub(crate) crates: usize,
    pub(crate) wall_seconds: f64,
    /// The compile time of all processors together, in seconds.
    pub(crate) cpu_seconds: f64,
}

struct Program {
    name: &'static str,
    /// A line of `[dependencies]`, with `ROOT` for the directory of the repository.
    dependency: &'static str,
    code: &'static str,
}

const CLIENT: &str = r#"fn main() {
    let client = prefab_client::Client::from_env().expect("a client");
    println!("{}", client.enabled("new-checkout"));
}"#;

const PROGRAMS: &[Program] = &[
    Program { name: "an empty program", dependency: "", code: "fn main() { println!(\"hello\"); }" },
    Program {
        name: "`prefab-eval` alone",
        dependency: r#"prefab-eval = { path = "ROOT/prefab-eval" }"#,
        code: r#"use prefab_eval::{Contexts, FixedHost, Ruleset};
fn main() {
    let text = std::fs::read_to_string("configs.json").expect("a datafile");
    let rules = Ruleset::from_datafile(&text).expect("a datafile");
    println!("{}", rules.evaluate("new-checkout", &Contexts::default(), &FixedHost::default()).is_ok());
}"#,
    },
    Program {
        name: "`prefab-client` without features",
        dependency: r#"prefab-client = { path = "ROOT/prefab-client", default-features = false }"#,
        code: CLIENT,
    },
    Program {
        name: "`prefab-client` default",
        dependency: r#"prefab-client = { path = "ROOT/prefab-client" }"#,
        code: CLIENT,
    },
    Program {
        name: "`prefab-client` full",
        dependency: r#"prefab-client = { path = "ROOT/prefab-client", features = ["grpc", "tower"] }"#,
        code: CLIENT,
    },
];

/// Compiles each program from scratch.
pub(crate) fn measure(store: &Store) -> Result<()> {
    let sizes = PROGRAMS.iter().map(program).collect::<Result<Vec<_>>>()?;
    store.set_sizes(&sizes)
}

fn program(program: &Program) -> Result<Size> {
    println!("size of {}: building from scratch", program.name);
    let folder = scratch_file("program");
    let root = cargo::folder().parent().context("the repository's folder")?;
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), program.code)?;
    let dependency = program.dependency.replace("ROOT", &root.display().to_string());
    let manifest = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n[dependencies]\n{dependency}\n\
         [profile.release]\nstrip = true\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // Uses the lock file of the repository.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    run(&folder, &["fetch", "--quiet"])?;

    let (wall, cpu) = (Instant::now(), children_seconds()?);
    run(&folder, &["build", "--release", "--quiet"])?;
    let size = Size {
        name: program.name.to_owned(),
        wall_seconds: wall.elapsed().as_secs_f64(),
        cpu_seconds: children_seconds()? - cpu,
        bytes: fs::metadata(folder.join("target/release/program"))?.len(),
        crates: crates(&folder)?,
    };
    fs::remove_dir_all(&folder)?;
    Ok(size)
}

fn run(folder: &Path, arguments: &[&str]) -> Result<()> {
    let status = here(folder).args(arguments).status().context("starting cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed in `{}`", arguments.join(" "), folder.display());
    }
    Ok(())
}

fn here(folder: &Path) -> Command {
    let mut command = cargo::command();
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    command
}

fn crates(folder: &Path) -> Result<usize> {
    let tree = ["tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--format", "{p}"];
    let output = here(folder).args(tree).output().context("starting cargo")?;
    let mut lines: Vec<String> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines.len().saturating_sub(1))
}

/// Returns the processor time of all child processes that have ended.
fn children_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("reading /proc, which only Linux has")?;
    // The second field is a name in parentheses, which can contain spaces. The times are fields 16 and 17.
    let (_, rest) = text.rsplit_once(") ").context("unexpected content of /proc/self/stat")?;
    let ticks = rest.split(' ').skip(13).take(2).map(str::parse::<u32>);
    let ticks: u32 = ticks.sum::<std::result::Result<u32, _>>()?;
    Ok(f64::from(ticks) / 100.0)
}
