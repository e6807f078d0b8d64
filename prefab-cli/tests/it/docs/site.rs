//! The built site: its links lead to files and headings that exist, and it loads nothing from another host.
//!
//! `cargo xtask site` builds it into `target/site`. The test needs that folder in `PREFAB_SITE`, as an absolute path.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

/// Returns the values of an attribute in HTML.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn html_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            html_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            files.push(path);
        }
    }
}

/// Returns what is wrong with a link of a file, if anything.
fn broken(file: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") || link.starts_with("javascript:") {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { file.to_owned() } else { file.parent().unwrap().join(path) };
    let Ok(html) = fs::read_to_string(&target) else {
        return (!target.exists()).then(|| format!("{}: `{link}` does not exist", file.display()));
    };
    let found = fragment.is_empty() || attributes(&html, "id").contains(&fragment);
    (!found).then(|| format!("{}: `{link}` has no such heading", file.display()))
}

#[test]
fn links_lead_somewhere_and_nothing_is_loaded_from_elsewhere() {
    let Some(site) = env::var_os("PREFAB_SITE").map(PathBuf::from) else {
        return prefab_testing::skip("PREFAB_SITE is not set");
    };
    let mut files = Vec::new();
    html_files(&site, &mut files);
    assert!(files.len() > 30, "only {} pages in {}", files.len(), site.display());
    let mut problems = BTreeSet::new();
    for file in files.iter().filter(|file| !file.ends_with("print.html") && !file.ends_with("404.html")) {
        let html = fs::read_to_string(file).unwrap();
        problems.extend(attributes(&html, "href").into_iter().filter_map(|link| broken(file, link)));
        problems.extend(attributes(&html, "src").into_iter().filter_map(|link| broken(file, link)));
        let tags = html.split('<').filter(|tag| tag.starts_with("link ") || tag.contains(" src=\""));
        let loaded = tags.filter(|tag| tag.contains("=\"http") || tag.contains("=\"//"));
        problems.extend(loaded.map(|tag| format!("{}: loads `{tag}`", file.display())));
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
