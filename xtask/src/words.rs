//! `cargo xtask words`: refuses words that readers stumble over.
//!
//! The list in `xtask/words.txt` says what to write instead. Exceptions need a reason, in `xtask/words-allowed.txt` or
//! beside the line.

mod list;
mod scan;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};

use self::list::Exception;
use crate::workspace::{self, root};

/// Extensions of the files that people read.
const READ: &[&str] = &[
    "rs", "md", "js", "mjs", "ts", "html", "css", "toml", "snap", "sh", "yml", "yaml", "proto", "txt", "py",
];

/// Checks all files, or those whose path begins with one of the given prefixes. `--count` prints one line per phrase.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let count_only = rest.iter().any(|word| word == "--count");
    let prefixes: Vec<&String> = rest.iter().filter(|word| *word != "--count").collect();
    if let Some(flag) = prefixes.iter().find(|word| word.starts_with('-')) {
        bail!("`words` accepts `--count` and path prefixes, not `{flag}`");
    }
    let phrases = list::phrases(&read("xtask/words.txt")?)?;
    let exceptions = list::exceptions(&read("xtask/words-allowed.txt")?)?;

    let mut findings = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for path in workspace::files()? {
        let selected = prefixes.is_empty() || prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()));
        if !selected || !is_read(&path) {
            continue;
        }
        let Ok(content) = fs::read_to_string(root().join(&path)) else { continue };
        for found in scan::find(&content, &phrases) {
            if is_allowed(&path, &content, &found, &exceptions) {
                continue;
            }
            *counts.entry(found.phrase.shown()).or_default() += 1;
            findings.push(format!(
                "{path}:{}: `{}`; write: {}",
                found.line,
                found.text,
                found.phrase.replacement()
            ));
        }
    }
    if count_only {
        for (phrase, count) in &counts {
            println!("{count:>5}  {phrase}");
        }
        println!("{:>5}  in all", findings.len());
        return Ok(());
    }
    crate::report::report("words", &findings)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))
}

fn is_read(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    READ.contains(&extension) && !path.contains("/generated/")
}

fn is_allowed(path: &str, content: &str, found: &scan::Found<'_>, exceptions: &[Exception]) -> bool {
    let by_path = exceptions.iter().any(|exception| exception.covers(path, &found.text));
    by_path || scan::is_allowed_beside(content, found.line, &found.text)
}
