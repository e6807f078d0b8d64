//! `cargo xtask ci`: every check that a change has to pass.
//!
//! A failing step does not stop the others, so one run reports every problem.

use std::fs;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::workspace::{self, cargo, program, works};
use crate::{
    conformance, doc_examples, features, layers, packages, packaging, page_types, proto, public_api, site,
    tidy, words,
};

/// The result of a step that did not fail.
enum Outcome {
    Passed,
    /// Everything passed, but this number of tests was skipped. The output lists them.
    PassedPartly(usize),
    /// Everything passed, but some checks of the step were skipped, for these reasons.
    PassedWithout(Vec<&'static str>),
    /// Nothing was checked, for the reason given.
    Skipped(&'static str),
}

type Step = (&'static str, fn() -> Result<Outcome>);

/// All steps, the quick ones first.
const STEPS: &[Step] = &[
    ("fmt", || cargo_step(&["fmt", "--all", "--check"])),
    ("layers", || layers::run(&[]).map(|()| Outcome::Passed)),
    ("tidy", || tidy::run(&[]).map(|()| Outcome::Passed)),
    ("words", || words::run(&[]).map(|()| Outcome::Passed)),
    ("proto", || proto::run(&["--check".to_owned()]).map(|()| Outcome::Passed)),
    ("packages", || packages::run(&[]).map(|()| Outcome::Passed)),
    ("packaging", packaging),
    ("page-types", page_types),
    ("spelling", spelling),
    ("site", site),
    ("deny", deny),
    ("machete", machete),
    ("clippy", || {
        cargo_step(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    }),
    ("tests", tests),
    ("doctests", || cargo_step(&["test", "--workspace", "--all-features", "--doc"])),
    ("doc", doc),
    ("public-api", public_api),
    ("doc-examples", || doc_examples::run(&[]).map(|()| Outcome::Passed)),
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
            Ok(Outcome::PassedPartly(count)) => format!("ok, but {count} tests were skipped"),
            Ok(Outcome::PassedWithout(reasons)) => format!("ok, but skipped: {}", reasons.join("; ")),
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
        summary.push(format!("{name:<12} {:>6.1} s  {outcome}", start.elapsed().as_secs_f64()));
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
    let list = workspace::metadata()?.target_directory.join("skipped-tests.txt");
    let _ = fs::remove_file(&list);
    let mut command = cargo();
    if works(cargo().args(["nextest", "--version"])) {
        command.args(["nextest", "run", "--workspace", "--all-features"]);
    } else {
        println!("cargo-nextest is not installed; `cargo test` is slower");
        command.args(["test", "--workspace", "--all-features", "--lib", "--bins", "--tests"]);
    }
    let site = site::folder()?;
    if site.is_dir() {
        command.env("PREFAB_SITE", site);
    }
    let result = workspace::run(command.env("PREFAB_SKIPPED_TESTS", &list));
    let skipped = fs::read_to_string(&list).unwrap_or_default();
    let count = skipped.lines().count();
    if count > 0 {
        println!("{count} tests were skipped:\n{skipped}");
    }
    result.map(|()| if count == 0 { Outcome::Passed } else { Outcome::PassedPartly(count) })
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

/// Checks the image, the chart, the service and the workflows.
fn packaging() -> Result<Outcome> {
    let skipped = packaging::check()?;
    Ok(if skipped.is_empty() { Outcome::Passed } else { Outcome::PassedWithout(skipped) })
}

/// Checks the spelling of code and documentation.
fn spelling() -> Result<Outcome> {
    if !works(program("typos").arg("--version")) {
        return Ok(Outcome::Skipped("typos is not installed"));
    }
    workspace::run(&mut program("typos")).map(|()| Outcome::Passed)
}

/// Builds the documentation site. The tests then check its links.
fn site() -> Result<Outcome> {
    // The tests must not check the links of an older build.
    let _ = fs::remove_dir_all(site::folder()?);
    if !site::is_installed() {
        return Ok(Outcome::Skipped(site::NOT_INSTALLED));
    }
    site::run(&[]).map(|()| Outcome::Passed)
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

/// Compares the public items of the libraries with the committed lists.
fn public_api() -> Result<Outcome> {
    if !public_api::is_installed() {
        return Ok(Outcome::Skipped(public_api::NOT_INSTALLED));
    }
    public_api::run(&[]).map(|()| Outcome::Passed)
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
