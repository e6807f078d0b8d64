//! The documentation: generated pages are current, commands run, and every page is in the book.

mod cli;
mod commands;
mod http_api;
mod metrics;
mod paths;
mod site;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Returns the path of a file in `docs/`.
fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Compares a generated page with its file. With `PREFAB_BLESS`, writes the file instead.
#[track_caller]
fn check_generated(name: &str, page: &str) {
    if env::var_os("PREFAB_BLESS").is_some() {
        fs::write(docs(name), page).unwrap();
        return;
    }
    let written = fs::read_to_string(docs(name)).unwrap_or_default();
    let first = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        written == page,
        "docs/{name} is out of date; run `PREFAB_BLESS=1 cargo nextest run -p prefab-cli docs::`; \
         first difference: {first:?}"
    );
}

/// Returns the names of all Markdown files below a directory of `docs/`, relative to `docs/` and sorted.
fn pages(directory: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(docs(directory)).unwrap() {
        let entry = entry.unwrap();
        let name = Path::new(directory).join(entry.file_name()).display().to_string();
        if entry.file_type().unwrap().is_dir() {
            names.extend(pages(&name));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            names.push(name);
        }
    }
    names.sort();
    names
}

#[test]
fn the_book_contains_every_page() {
    let summary = fs::read_to_string(docs("SUMMARY.md")).unwrap();
    let missing: Vec<String> = pages("")
        .into_iter()
        .filter(|name| name != "SUMMARY.md" && !summary.contains(&format!("({name})")))
        .collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
}

#[test]
fn the_book_has_the_version_of_the_workspace() {
    let title = format!("title = \"Prefab for Rust {}\"", env!("CARGO_PKG_VERSION"));
    assert!(fs::read_to_string(docs("book.toml")).unwrap().contains(&title), "docs/book.toml needs {title}");
}

/// `docs/architecture.md` and others include a file of the root and define its links for the book.
#[test]
fn included_pages_define_the_same_links() {
    for (page, included) in [
        ("architecture.md", "../ARCHITECTURE.md"),
        ("contributing.md", "../CONTRIBUTING.md"),
        ("changelog.md", "../CHANGELOG.md"),
    ] {
        let labels = |name: &str| {
            let text = fs::read_to_string(docs(name)).unwrap();
            let mut labels: Vec<String> = text
                .lines()
                .filter_map(|line| Some(line.strip_prefix('[')?.split_once("]: ")?.0.to_owned()))
                .collect();
            labels.sort();
            labels
        };
        assert_eq!(labels(page), labels(included), "docs/{page} and {included}");
    }
}
