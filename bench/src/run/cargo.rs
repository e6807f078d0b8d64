//! Runs cargo.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Returns the directory of this workspace.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Builds a binary with only the feature of its name, and returns its path.
pub(crate) fn build(name: &str) -> Result<PathBuf> {
    println!("{name}: building");
    let output = command()
        .args(["build", "--release", "--quiet", "--message-format", "json-render-diagnostics"])
        .args(["--features", name, "--bin", name])
        .stderr(Stdio::inherit())
        .output()
        .context("starting cargo")?;
    if !output.status.success() {
        bail!("`{name}` does not build");
    }
    let lines = String::from_utf8(output.stdout).context("cargo printed invalid UTF-8")?;
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    };
    lines.lines().rev().find_map(executable).with_context(|| format!("cargo printed no path for `{name}`"))
}

/// Returns a cargo that runs in this workspace.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder());
    command
}
