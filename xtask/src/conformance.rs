//! `cargo xtask conformance`: does the `prefab` command answer as the recorded corpus says?

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::workspace;

const CORPUS: &str = "PREFAB_CONFORMANCE_DIR";

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::no_arguments("conformance", rest)?;
    let Some(corpus) = std::env::var_os(CORPUS) else {
        bail!("{CORPUS} is not set: point it at the folder of the conformance corpus, the one with check.py");
    };
    let corpus = Path::new(&corpus);
    let corpus = corpus.canonicalize().with_context(|| format!("{CORPUS} is `{}`", corpus.display()))?;
    let checker = corpus.join("check.py");
    if !checker.is_file() {
        bail!("{CORPUS} is `{}`, but there is no check.py in it", corpus.display());
    }

    workspace::run(workspace::cargo().args(["build", "--release", "--package", "prefab-cli"]))?;
    let prefab = workspace::metadata()?.target_directory.join("release/prefab");
    workspace::run(
        workspace::program("python3")
            .arg(checker)
            .arg("--majority")
            .arg(corpus)
            .arg("--")
            .arg(prefab)
            .args(["eval", "--datafile"]),
    )
}
