//! `cargo xtask site`: builds the documentation site with mdBook, into `target/site`.
//!
//! The test `docs::site` checks the links of the built site.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::workspace::{self, program, works};

pub(crate) const NOT_INSTALLED: &str = "mdbook is not installed";

/// Returns whether mdBook is installed.
pub(crate) fn is_installed() -> bool {
    works(program("mdbook").arg("--version"))
}

/// Returns the folder of the built site.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(workspace::metadata()?.target_directory.join("site"))
}

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("site", rest)?;
    if !is_installed() {
        bail!("{NOT_INSTALLED}: run `cargo install --locked mdbook`");
    }
    workspace::run(program("mdbook").arg("build").arg("docs").arg("--dest-dir").arg(folder()?))
}
