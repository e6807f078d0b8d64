//! Rules about the lines of a file.

use std::path::Path;

/// A longer file contains an idea that needs a file of its own.
const MOST_LINES: usize = 600;

/// Signs of unfinished work. They are concatenated, so that this file does not report itself.
const LEFTOVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("#[", "ignore"),
];

/// Extensions of the files in which tabs and unfinished work are errors.
const OURS: &[&str] = &["rs", "toml", "md", "proto", "yml", "yaml", "json", "js", "mjs", "sh", "py"];

/// Returns a finding for every line of a file that breaks a rule.
pub(super) fn findings(path: &str, content: &str) -> Vec<String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut findings = Vec::new();
    if !OURS.contains(&extension) || path.contains("/generated/") {
        return findings;
    }
    for (number, line) in (1..).zip(content.lines()) {
        if line.contains('\t') {
            findings.push(format!("{path}:{number}: a tab; use spaces (or `\\t` in a string)"));
        }
        // Prose may mention the words; code may not contain them.
        if extension != "md" {
            findings.extend(LEFTOVERS.iter().filter(|word| contains_word(line, word)).map(|word| {
                format!("{path}:{number}: `{word}`; finish it, or open an issue and leave the word out")
            }));
        }
    }
    let lines = content.lines().count();
    if extension == "rs" && in_source(path) && lines > MOST_LINES {
        findings.push(format!("{path}: {lines} lines, more than {MOST_LINES}; split it"));
    }
    findings
}

/// Returns a finding if a crate's first file does not begin with a line of documentation.
pub(super) fn header(path: &str, content: &str) -> Option<String> {
    let first = content.lines().next().unwrap_or_default();
    let has_text = first.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty());
    (!has_text).then(|| format!("{path}:1: begins without a `//!` line that describes the crate"))
}

fn in_source(path: &str) -> bool {
    path.split('/').any(|folder| folder == "src")
}

/// Returns whether a line contains a word that is not part of a longer one.
fn contains_word(line: &str, word: &str) -> bool {
    let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let open_start = !word.starts_with(part_of_a_word) || !before.is_some_and(part_of_a_word);
        let open_end = !word.ends_with(char::is_alphanumeric) || !after.is_some_and(part_of_a_word);
        open_start && open_end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, content: &str, expected: &[&str]) {
        let findings = findings(path, content);
        let starts: Vec<&str> = findings.iter().map(|text| text.split(';').next().unwrap()).collect();
        assert_eq!(starts, expected);
    }

    #[test]
    fn leftovers_are_found_in_code() {
        for word in LEFTOVERS {
            check("a/src/x.rs", &format!("fn a() {{}}\n  {word}"), &[&format!("a/src/x.rs:2: `{word}`")]);
        }
        check("a/src/x.rs", concat!("// MASTO", "DON, to", "dos, autoto", "do!"), &[]);
        check("a/src/generated/x.rs", concat!("// TO", "DO"), &[]);
        check("notes.md", concat!("no TO", "DO is left"), &[]);
        check("picture.svg", "\t", &[]);
    }

    #[test]
    fn tabs_are_found() {
        check("a/Cargo.toml", "[a]\n\tb = 1", &["a/Cargo.toml:2: a tab"]);
        check("a/src/x.rs", r#"let tab = "\t";"#, &[]);
    }

    #[test]
    fn long_files_are_found_in_source_folders() {
        let (most, more) = ("\n".repeat(MOST_LINES), "\n".repeat(MOST_LINES + 1));
        check("a/src/x.rs", &most, &[]);
        check("a/src/x.rs", &more, &["a/src/x.rs: 601 lines, more than 600"]);
        check("a/tests/x.rs", &more, &[]);
        check("a/src/generated/x.rs", &more, &[]);
    }

    #[test]
    fn a_crate_begins_with_documentation() {
        assert_eq!(header("a/src/lib.rs", "//! What is a config?\n"), None);
        for silent in ["", "//!\n//! Late.", "mod a;\n//! Too late.", "// Not a doc line."] {
            assert!(header("a/src/lib.rs", silent).unwrap().starts_with("a/src/lib.rs:1: begins without"));
        }
    }
}
