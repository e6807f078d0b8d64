//! `cargo xtask packages`: checks what a registry receives of each crate, and creates the package files.
//!
//! Nothing is sent. If all dependencies were downloaded before, the command works offline. `--dry-run` also runs
//! `cargo publish --dry-run`, which asks the registry for the versions of all dependencies.

use anyhow::{Result, bail};

use crate::workspace::{self, Metadata, Package, cargo, works};

/// Files that every package contains.
const FILES: &[&str] = &["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The part of the repository's URL that is replaced before the first release.
const PLACEHOLDER: &str = "/OWNER/";

/// The limit of the registry.
const MOST_KEYWORDS: usize = 5;

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let dry_run = match rest {
        [] => false,
        [word] if word == "--dry-run" => true,
        [word, ..] => bail!("`packages` accepts only `--dry-run`, not `{word}`"),
    };
    let metadata = workspace::metadata()?;
    let offline = works(cargo().args(["fetch", "--quiet", "--offline", "--locked"])).then_some("--offline");
    let mut findings = findings(&metadata);
    for package in metadata.packages.iter().filter(|package| package.is_published()) {
        let arguments = ["package", "--list", "--allow-dirty", "--package", &package.name];
        let list = workspace::output(cargo().args(arguments).args(offline))?;
        findings.extend(missing_files(&package.name, &list));
    }
    crate::report::report("packages", &findings)?;
    if metadata.packages.iter().any(has_placeholder) {
        println!("note: `repository` in Cargo.toml is a placeholder; set it before the first release");
    }
    let options = ["--workspace", "--no-verify", "--allow-dirty"];
    let private = metadata.packages.iter().filter(|package| !package.is_published());
    let excluded: Vec<&str> = private.flat_map(|package| ["--exclude", &package.name]).collect();
    workspace::run(cargo().args(["package", "--quiet"]).args(offline).args(options).args(&excluded))?;
    if dry_run {
        workspace::run(cargo().args(["publish", "--dry-run"]).args(options).args(&excluded))?;
    }
    Ok(())
}

/// Returns a finding for every crate that lacks a field, or depends on a crate that is not published.
fn findings(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.is_published()) {
        let name = &package.name;
        let fields = [
            ("description", package.description.is_some()),
            ("license", package.license.is_some()),
            ("repository", package.repository.is_some()),
            ("documentation", package.documentation.is_some()),
            ("readme", package.readme.is_some()),
            ("keywords", (1..=MOST_KEYWORDS).contains(&package.keywords.len())),
            ("categories", !package.categories.is_empty()),
        ];
        let wrong = fields.iter().filter(|(_, good)| !good);
        findings.extend(wrong.map(|(field, _)| format!("`{name}` has no `{field}`, or too many")));
        if package.documentation.as_ref().is_some_and(|url| !url.ends_with(&format!("/{name}"))) {
            findings.push(format!("`documentation` of `{name}` is the page of another crate"));
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            // cargo removes dependencies of tests that have no version.
            if dependency.kind.as_deref() == Some("dev") && dependency.req == "*" {
                continue;
            }
            let other = metadata.packages.iter().find(|other| other.name == dependency.name);
            if dependency.req == "*" || other.is_none_or(|other| !other.is_published()) {
                findings.push(format!(
                    "`{name}` depends on `{}`, which has no version or is not published",
                    dependency.name
                ));
            }
        }
    }
    findings
}

/// Returns a finding for every file that is not in the list of a package's files.
fn missing_files(package: &str, list: &str) -> Vec<String> {
    let missing = FILES.iter().filter(|file| !list.lines().any(|line| line == **file));
    missing.map(|file| format!("the package `{package}` does not contain {file}")).collect()
}

fn has_placeholder(package: &Package) -> bool {
    package.repository.as_ref().is_some_and(|url| url.contains(PLACEHOLDER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(packages: &str, expected: &[&str]) {
        let text = format!(r#"{{"target_directory": "/t", "packages": [{packages}]}}"#);
        assert_eq!(findings(&serde_json::from_str(&text).unwrap()), expected);
    }

    /// Returns a crate with all fields and one dependency.
    fn package(name: &str, dependency: &str) -> String {
        format!(
            r#"{{"name": "{name}", "manifest_path": "/{name}/Cargo.toml", "features": {{}},
                "description": "d", "license": "MIT", "repository": "r", "documentation": "https://docs/{name}",
                "readme": "README.md", "keywords": ["k"], "categories": ["c"], "dependencies": [{dependency}]}}"#
        )
    }

    #[test]
    fn a_package_has_every_field() {
        check(&package("a", ""), &[]);
        check(&package("a", "").replace("\"k\"", ""), &["`a` has no `keywords`, or too many"]);
        check(
            &package("a", "").replace("docs/a", "docs/b"),
            &["`documentation` of `a` is the page of another crate"],
        );
    }

    #[test]
    fn a_published_crate_depends_on_published_crates_only() {
        let needs_b = |kind: &str, req: &str| {
            package("a", &format!(r#"{{"name": "b", "kind": {kind}, "path": "/b", "req": "{req}"}}"#))
        };
        let b = package("b", "");
        let private = b.replace(r#""keywords""#, r#""publish": [], "keywords""#);
        let finding = "`a` depends on `b`, which has no version or is not published";
        check(&format!("{}, {b}", needs_b("null", "^0.1")), &[]);
        check(&format!("{}, {b}", needs_b("null", "*")), &[finding]);
        check(&format!("{}, {private}", needs_b("null", "^0.1")), &[finding]);
        check(&format!("{}, {private}", needs_b("\"dev\"", "*")), &[]);
        check(&format!("{}, {private}", needs_b("\"dev\"", "^0.1")), &[finding]);
    }

    #[test]
    fn a_package_contains_its_licences() {
        assert!(missing_files("a", "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\n").is_empty());
        assert_eq!(
            missing_files("a", "Cargo.toml\nLICENSE-MIT\nREADME.md"),
            ["the package `a` does not contain LICENSE-APACHE"]
        );
    }
}
