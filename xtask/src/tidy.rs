//! `cargo xtask tidy`: rules that neither rustfmt nor clippy checks.

mod links;
mod text;

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::workspace::{self, Metadata, root};

/// Files that readers and registries expect in the root folder.
const EXPECTED: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "CODE_OF_CONDUCT.md",
    "SECURITY.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("tidy", rest)?;
    let mut findings = Vec::new();
    for path in workspace::files()? {
        // Skip files that are not UTF-8 text.
        let Ok(content) = fs::read_to_string(root().join(&path)) else { continue };
        findings.extend(text::findings(&path, &content));
        if Path::new(&path).extension().is_some_and(|extension| extension == "md") {
            findings.extend(links::findings(&path, &content, |target| root().join(target).exists()));
        }
    }
    findings.extend(
        EXPECTED.iter().filter(|name| !root().join(name).is_file()).map(|name| format!("{name} is missing")),
    );
    let metadata = workspace::metadata()?;
    findings.extend(undocumented(&metadata));
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    let names: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    findings.extend(unmentioned(&names, &architecture));
    crate::report::report("tidy", &findings)
}

/// Returns a finding for every crate whose first file does not begin with documentation.
fn undocumented(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        for name in ["src/lib.rs", "src/main.rs"] {
            let path = package.folder().join(name);
            let Ok(content) = fs::read_to_string(&path) else { continue };
            let shown = path.strip_prefix(root()).unwrap_or(&path).display();
            findings.extend(text::header(&shown.to_string(), &content));
        }
    }
    findings
}

/// Returns a finding for every crate that the architecture page does not mention.
fn unmentioned(names: &[&str], architecture: &str) -> Vec<String> {
    // Only whole words count: `prefab-client` does not mention `prefab-cli`.
    let words: Vec<&str> =
        architecture.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).collect();
    names
        .iter()
        .filter(|name| !words.contains(*name))
        .map(|name| format!("ARCHITECTURE.md does not mention the crate `{name}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_mentioned_by_its_whole_name() {
        let page = "`prefab-client/` is the facade, xtask holds the chores.";
        assert!(unmentioned(&["prefab-client", "xtask"], page).is_empty());
        assert_eq!(
            unmentioned(&["prefab-cli"], page),
            ["ARCHITECTURE.md does not mention the crate `prefab-cli`"]
        );
    }
}
