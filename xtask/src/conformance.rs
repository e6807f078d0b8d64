//! `cargo xtask conformance`: compares the evaluations of the `prefab` command with the recorded corpus.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

const CORPUS: &str = "PREFAB_CONFORMANCE_DIR";

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("conformance", rest)?;
    if !is_at_hand() {
        bail!("{CORPUS} is not set: point it at the folder of the conformance corpus, the one with check.py");
    }
    workspace::run(workspace::cargo().args(["build", "--release", "--package", "prefab-cli"]))?;
    check("release")
}

/// Returns whether the corpus is available.
pub(crate) fn is_at_hand() -> bool {
    std::env::var_os(CORPUS).is_some()
}

/// Checks the debug build of the command.
pub(crate) fn run_as_tested() -> Result<()> {
    workspace::run(workspace::cargo().args(["build", "--workspace", "--all-features", "--bin", "prefab"]))?;
    check("debug")
}

fn check(profile: &str) -> Result<()> {
    let corpus = std::env::var_os(CORPUS).unwrap_or_default();
    let corpus = Path::new(&corpus);
    let corpus = corpus.canonicalize().with_context(|| format!("{CORPUS} is `{}`", corpus.display()))?;
    let checker = corpus.join("check.py");
    if !checker.is_file() {
        bail!("{CORPUS} is `{}`, but there is no check.py in it", corpus.display());
    }
    let prefab = workspace::metadata()?.target_directory.join(profile).join("prefab");
    workspace::run(
        workspace::program("python3")
            .arg(checker)
            .args(["--majority", "--telemetry"])
            .arg(corpus)
            .arg("--")
            .arg(prefab)
            .args(["eval", "--datafile"]),
    )
}
