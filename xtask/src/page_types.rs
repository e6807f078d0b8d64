//! `cargo xtask page-types`: checks the types of the page's scripts and of their tests with `tsc`.
//!
//! The types of the management API in `prefab-page/api.d.ts` are generated from its `OpenAPI` document: `--write` writes
//! them, and the check compares them. The scripts contain their types as comments.
//!
//! `tsc` is looked up in the folder of `PREFAB_BROWSER_TESTS`, then on the path. The scripts of the tests are checked
//! only with that folder, which contains the types of the browser driver.

mod api;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::workspace::{self, program, root, works};

pub(crate) const NOT_INSTALLED: &str = "tsc is neither on the path nor in the folder in PREFAB_BROWSER_TESTS (prefab-page/tests/browser/install.sh installs it)";

pub(crate) fn run(rest: &[String]) -> Result<()> {
    if rest.len() == 1 && rest[0] == "--write" {
        return api::write();
    }
    crate::report::no_arguments("page-types", rest)?;
    if !is_at_hand() {
        bail!(NOT_INSTALLED);
    }
    check()
}

/// Returns whether there is a `tsc`.
pub(crate) fn is_at_hand() -> bool {
    works(program(tsc()).arg("--version"))
}

pub(crate) fn check() -> Result<()> {
    api::check()?;
    workspace::run(program(tsc()).args(["--project", "prefab-page"]))?;
    let Some(folder) = folder().filter(|folder| folder.join("node_modules/@types/node").is_dir()) else {
        println!(
            "the tests' own scripts are skipped: their types are what prefab-page/tests/browser/install.sh installs"
        );
        return Ok(());
    };
    workspace::run(program(tsc()).arg("--project").arg(of_tests(&folder)?))
}

fn folder() -> Option<PathBuf> {
    env::var_os("PREFAB_BROWSER_TESTS")
        .map(PathBuf::from)
        .filter(|folder| folder.join("node_modules").is_dir())
}

fn tsc() -> PathBuf {
    let beside = folder().map(|folder| folder.join("node_modules/.bin/tsc")).filter(|tsc| tsc.exists());
    beside.unwrap_or_else(|| PathBuf::from("tsc"))
}

/// Writes the project file of the tests with the paths of the installed packages, which no committed file contains.
fn of_tests(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let project = json!({
        "extends": root().join("prefab-page/tests/browser/tsconfig.json"),
        "compilerOptions": {
            "typeRoots": [modules.join("@types")],
            "paths": { "*": [modules.join("*")] },
        },
    });
    let place = workspace::metadata()?.target_directory.join("page-types");
    fs::create_dir_all(&place).with_context(|| format!("creating {}", place.display()))?;
    let file = place.join("tsconfig.json");
    fs::write(&file, project.to_string()).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}
