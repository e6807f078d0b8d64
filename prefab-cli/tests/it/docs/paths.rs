//! Files that the documentation of the code names exist.

use std::{fs, path::Path};

use super::{docs, pages};

const DIRECTORIES: [&str; 6] = ["proto", "xtask", "docs", "bench", "fuzz", ".config"];

/// Returns the texts in backticks.
fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Returns whether a text is a path from the root of the repository, without placeholders.
fn is_path(text: &str) -> bool {
    let Some((directory, rest)) = text.split_once('/') else { return false };
    let is_ours = directory.starts_with("prefab-") || DIRECTORIES.contains(&directory);
    is_ours && !rest.contains(['*', '{', '<', ' ', '…']) && !rest.contains("NAME")
}

fn exists(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).exists()
}

#[test]
fn files_that_are_named_exist() {
    let mut missing = Vec::new();
    let names = pages("how-to").into_iter().chain(pages("adr"));
    for name in names.chain(["../ARCHITECTURE.md".to_owned(), "../CONTRIBUTING.md".to_owned()]) {
        let page = fs::read_to_string(docs(&name)).unwrap();
        for path in page.lines().flat_map(code).filter(|text| is_path(text)) {
            if !exists(path) {
                missing.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The code map lists the files of a crate, relative to its `src`.
#[test]
fn the_code_map_names_files_of_the_crates() {
    let page = fs::read_to_string(docs("../ARCHITECTURE.md")).unwrap();
    let (_, map) = page.split_once("\n### Code map\n").unwrap();
    let (map, _) = map.split_once("\n## ").unwrap();
    let mut source = "";
    let mut missing = Vec::new();
    for line in map.lines() {
        if line.starts_with("**`") {
            source = code(line).next().unwrap();
        } else if let Some(cell) = line.strip_prefix("| `") {
            let cell = format!("`{}", cell.split('|').next().unwrap());
            let files = code(&cell).map(|file| format!("{source}/src/{file}")).filter(|path| !exists(path));
            missing.extend(files);
        }
    }
    assert!(missing.is_empty() && !source.is_empty(), "{missing:#?}");
}
