//! `cargo xtask ci`: every check that a change has to pass.
//!
//! A failing step does not stop the others, so one run reports every problem.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::workspace::{self, cargo, program, works};
use crate::{conformance, features, layers, page_types, proto, tidy};

/// The result of a step that did not fail.
enum Outcome {
    Passed,
    /// Nothing was checked, for the reason given.
    Skipped(&'static str),
}

type Step = (&'static str, fn() -> Result<Outcome>);

/// All steps, the quick ones first.
const STEPS: &[Step] = &[
    ("fmt", || cargo_step(&["fmt", "--all", "--check"])),
    ("layers", || layers::run(&[]).map(|()| Outcome::Passed)),
    ("tidy", || tidy::run(&[]).map(|()| Outcome::Passed)),
    ("proto", || proto::run(&["--check".to_owned()]).map(|()| Outcome::Passed)),
    ("page-types", page_types),
    ("spelling", spelling),
    ("deny", deny),
    ("machete", machete),
    ("clippy", || {
        cargo_step(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    }),
    ("tests", tests),
    ("doctests", || cargo_step(&["test", "--workspace", "--all-features", "--doc"])),
    ("doc", doc),
    ("features", || features::run(&[]).map(|()| Outcome::Passed)),
    ("corpus", corpus),
    ("wasm", wasm),
];

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("ci", rest)?;
    let mut summary = Vec::new();
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = match step() {
            Ok(Outcome::Passed) => "ok".to_owned(),
            Ok(Outcome::Skipped(reason)) => {
                println!("skipped: {reason}");
                format!("skipped: {reason}")
            }
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(*name);
                format!("FAILED: {error:#}")
            }
        };
        summary.push(format!("{name:<10} {:>6.1} s  {outcome}", start.elapsed().as_secs_f64()));
    }
    println!("\n=== summary\n{}", summary.join("\n"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn cargo_step(arguments: &[&str]) -> Result<Outcome> {
    workspace::run(cargo().args(arguments)).map(|()| Outcome::Passed)
}

fn tests() -> Result<Outcome> {
    if works(cargo().args(["nextest", "--version"])) {
        return cargo_step(&["nextest", "run", "--workspace", "--all-features"]);
    }
    println!("cargo-nextest is not installed; cargo's own runner does it more slowly");
    cargo_step(&["test", "--workspace", "--all-features", "--lib", "--bins", "--tests"])
}

/// Replays the recorded results of other clients, if the corpus is available.
fn corpus() -> Result<Outcome> {
    if !conformance::is_at_hand() {
        return Ok(Outcome::Skipped("PREFAB_CONFORMANCE_DIR is not set"));
    }
    conformance::run_as_tested().map(|()| Outcome::Passed)
}

fn page_types() -> Result<Outcome> {
    if !page_types::is_at_hand() {
        return Ok(Outcome::Skipped(page_types::NOT_INSTALLED));
    }
    page_types::check().map(|()| Outcome::Passed)
}

/// Checks the spelling of code and documentation.
fn spelling() -> Result<Outcome> {
    if !works(program("typos").arg("--version")) {
        return Ok(Outcome::Skipped("typos is not installed"));
    }
    workspace::run(&mut program("typos")).map(|()| Outcome::Passed)
}

fn deny() -> Result<Outcome> {
    if !works(cargo().args(["deny", "--version"])) {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    cargo_step(&["deny", "--all-features", "check", "licenses", "bans", "sources"])
}

/// Finds dependencies that no file of their crate uses.
fn machete() -> Result<Outcome> {
    if !works(cargo().args(["machete", "--version"])) {
        return Ok(Outcome::Skipped("cargo-machete is not installed"));
    }
    cargo_step(&["machete"])
}

/// Builds the documentation; a broken link is an error.
fn doc() -> Result<Outcome> {
    let arguments = ["doc", "--workspace", "--all-features", "--no-deps"];
    workspace::run(cargo().args(arguments).env("RUSTDOCFLAGS", "-D warnings")).map(|()| Outcome::Passed)
}

/// Builds the engine for browsers.
fn wasm() -> Result<Outcome> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = workspace::output(program("rustc").args(["--print", "sysroot"]))?;
    let library = std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib");
    if !library.is_dir() {
        return Ok(Outcome::Skipped("the target wasm32-unknown-unknown is not installed"));
    }
    cargo_step(&["build", "--package", "prefab-eval", "--target", TARGET])
}
