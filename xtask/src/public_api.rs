//! `cargo xtask public-api`: compares the public items of the libraries with the committed lists.
//!
//! The lists are in `xtask/public-api/`. A change to one of them shows in review what users of the library can notice.
//! `--bless` writes the lists.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::workspace::{self, cargo, root, works};

/// The libraries whose items other people's code names.
const LIBRARIES: &[&str] = &[
    "prefab-rs-core",
    "prefab-eval",
    "prefab-sources",
    "prefab-log",
    "prefab-telemetry",
    "prefab-client",
    "prefab-openfeature",
];

pub(crate) const NOT_INSTALLED: &str = "cargo-public-api is not installed";

/// Returns whether the tool is installed.
pub(crate) fn is_installed() -> bool {
    works(cargo().args(["public-api", "--version"]))
}

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let bless = match rest {
        [] => false,
        [word] if word == "--bless" => true,
        [word, ..] => bail!("`public-api` accepts only `--bless`, not `{word}`"),
    };
    if !is_installed() {
        bail!("{NOT_INSTALLED}: run `cargo install --locked cargo-public-api`");
    }
    let folder = root().join("xtask/public-api");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let mut findings = Vec::new();
    for library in LIBRARIES {
        let path = folder.join(format!("{library}.txt"));
        let items = items(library)?;
        if bless {
            fs::write(&path, &items).with_context(|| format!("writing {}", path.display()))?;
            continue;
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        findings.extend(differences(library, &committed, &items));
    }
    crate::report::report("public-api", &findings)
}

/// Returns the public items of a library, one per line, without implementations of common traits.
fn items(library: &str) -> Result<String> {
    // rustdoc's JSON is not stable yet; the variable lets a stable rustdoc write it.
    let mut command = cargo();
    command.env("RUSTC_BOOTSTRAP", "1");
    command.args(["public-api", "--package", library, "--all-features", "-sss", "--color", "never"]);
    workspace::output(&mut command)
}

/// Returns a finding for every line that only one of the lists contains.
fn differences(library: &str, committed: &str, current: &str) -> Vec<String> {
    let only_in = |these: &str, others: &str| -> Vec<String> {
        these.lines().filter(|line| !others.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    let removed = only_in(committed, current).into_iter().map(|line| format!("{library}: removed `{line}`"));
    let added = only_in(current, committed).into_iter().map(|line| format!("{library}: added `{line}`"));
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_removed_items_are_findings() {
        assert_eq!(differences("a", "pub fn x()\npub fn y()\n", "pub fn y()\npub fn x()\n"), [""; 0]);
        assert_eq!(
            differences("a", "pub fn x()\n", "pub fn y()\n"),
            ["a: removed `pub fn x()`", "a: added `pub fn y()`"]
        );
    }
}
