//! `cargo xtask screenshots`: replaces the screenshots of `docs/tour.md`.
//!
//! The browser test opens every page. With `PREFAB_SCREENSHOTS` it also saves a screenshot of each.

use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{self, root};

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("screenshots", rest)?;
    ensure!(
        env::var_os("PREFAB_BROWSER_TESTS").is_some(),
        "PREFAB_BROWSER_TESTS is not set: run `bash prefab-page/tests/browser/install.sh FOLDER` and set the variable \
         to that folder"
    );
    let taken = workspace::metadata()?.target_directory.join("screenshots");
    let mut test = workspace::cargo();
    test.args(["test", "--package", "prefab-cli", "--test", "it", "page::"])
        .env("PREFAB_SCREENSHOTS", &taken);
    // The other parts of the test leave data behind that the screenshots must not show.
    test.env("PREFAB_BROWSER_PARTS", "accessibility");
    workspace::run(&mut test)?;
    for entry in fs::read_dir(root().join("docs/tour"))? {
        let picture = entry?;
        let from = taken.join(picture.file_name());
        fs::copy(&from, picture.path()).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}
