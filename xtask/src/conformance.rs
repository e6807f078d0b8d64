//! `cargo xtask conformance`: does the `prefab` command answer as the recorded corpus says?

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

/// Tells whether there is a corpus to check against.
pub(crate) fn is_at_hand() -> bool {
    std::env::var_os(CORPUS).is_some()
}

/// Checks the command as the tests have built it.
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
