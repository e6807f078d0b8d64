//! `cargo xtask screenshots`: takes the pictures of `docs/tour.md` anew.
//!
//! The browser test looks at every page anyway; here it keeps what it sees, and the pictures that the tour has
//! are replaced.

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{self, root};

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("screenshots", rest)?;
    ensure!(
        env::var_os("PREFAB_BROWSER_TESTS").is_some(),
        "PREFAB_BROWSER_TESTS names no folder with what drives a browser; prefab-page/tests/browser/install.sh \
         makes one"
    );
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let taken = target.join("screenshots");
    let mut test = workspace::cargo();
    test.args(["test", "--package", "prefab-cli", "--test", "page"]).env("PREFAB_SCREENSHOTS", &taken);
    // Other parts leave behind what they test with, attacks among it.
    test.env("PREFAB_BROWSER_PARTS", "accessibility");
    workspace::run(&mut test)?;
    for entry in fs::read_dir(root().join("docs/tour"))? {
        let picture = entry?;
        let from = taken.join(picture.file_name());
        fs::copy(&from, picture.path()).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}
