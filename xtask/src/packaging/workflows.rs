//! Checks the workflows as text: what they call exists in this repository.

use std::fs;

use anyhow::{Context as _, Result};

use crate::workspace::{self, root};

/// Folders whose files the workflows name.
const FOLDERS: &[&str] = &["packaging/", ".ci/"];

pub(super) fn check() -> Result<()> {
    let commands = crate::command_names();
    let metadata = workspace::metadata()?;
    let packages: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for path in workspace::files()?.iter().filter(|path| path.starts_with(".github/workflows/")) {
        let text = fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))?;
        for (number, line) in (1..).zip(text.lines()) {
            let problems = problems(line, &commands, &packages, |file| root().join(file).exists());
            findings.extend(problems.into_iter().map(|problem| format!("{path}:{number}: {problem}")));
        }
    }
    crate::report::report("workflows", &findings)
}

/// Returns what a line names and is not there: a command of xtask, a crate, a file.
fn problems(line: &str, commands: &[&str], packages: &[&str], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || "\"'`,".contains(c)).collect();
    let mut problems = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        if *word == "xtask" && !commands.contains(&next) {
            problems.push(format!("xtask has no command `{next}`"));
        }
        let is_name = next.starts_with("prefab") || next.starts_with("xtask");
        if (*word == "--package" || *word == "-p") && is_name && !packages.contains(&next) {
            problems.push(format!("there is no crate `{next}`"));
        }
        let file = word.trim_start_matches("./").trim_end_matches(['.', ';', ')']);
        let is_file = FOLDERS.iter().any(|folder| file.starts_with(folder)) && !file.contains(['$', '*']);
        if is_file && !exists(file) {
            problems.push(format!("there is no file `{file}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let exists = |file: &str| file == "packaging/image/root-folder.sh";
        assert_eq!(problems(line, &["ci"], &["prefab-cli"], exists), expected);
    }

    #[test]
    fn a_line_names_what_exists() {
        check("      - run: cargo xtask ci", &[]);
        check("      - run: cargo xtask cii", &["xtask has no command `cii`"]);
        check("cargo build --package prefab-cli --package \"$package\"", &[]);
        check("cargo build -p prefab-core", &["there is no crate `prefab-core`"]);
        check("run: ./packaging/image/root-folder.sh a b", &[]);
        check("run: packaging/image/gone.sh", &["there is no file `packaging/image/gone.sh`"]);
        check("files: packaging/${{ matrix.kind }}/x", &[]);
    }
}
