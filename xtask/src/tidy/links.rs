//! Checks that the links of a page lead to files that exist.

use std::path::{Component, Path, PathBuf};

/// Returns a finding for every link to a file of this repository that does not exist.
///
/// `page` is a path from the root of the repository, and so are the arguments of `exists`.
pub(super) fn findings(page: &str, content: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(content.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for link in links(line) {
            let target = link.split(['#', '?']).next().unwrap_or_default();
            let there = target.is_empty() || resolve(folder, target).is_some_and(|path| exists(&path));
            if !there {
                findings.push(format!("{page}:{number}: the link to `{link}` leads nowhere"));
            }
        }
    }
    findings
}

/// Returns the targets of the links in a line, except those outside the repository.
fn links(line: &str) -> Vec<&str> {
    // `[name]: target` defines a link for other lines, `](target)` is one.
    let defined = line
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with('^'))
        .and_then(|rest| rest.split_once("]: "))
        .map(|(_, target)| target);
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    defined
        .into_iter()
        .chain(inline)
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']))
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

/// Returns the path that a link leads to, or `None` if it is outside the repository.
fn resolve(folder: &Path, target: &str) -> Option<PathBuf> {
    let (folder, target) = match target.strip_prefix('/') {
        Some(absolute) => (Path::new(""), absolute),
        None => (folder, target),
    };
    let mut path = PathBuf::new();
    for component in folder.join(target).components() {
        match component {
            Component::ParentDir => path.pop().then_some(())?,
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, content: &str, expected: &[&str]) {
        let files = ["README.md", "docs/adr/0001.md", "docs"];
        let exists = |path: &Path| files.iter().any(|file| Path::new(file) == path);
        assert_eq!(findings(page, content, exists), expected);
    }

    #[test]
    fn links_to_files_resolve() {
        check("README.md", "see [a](docs/adr/0001.md#why) and [b](./docs) and [c](/README.md)", &[]);
        check("docs/adr/0001.md", "[up](../../README.md) [here](#top)", &[]);
        check("README.md", "[1.0.0]: docs/adr/0001.md", &[]);
        check("README.md", "[out](https://example.com/a) [mail](mailto:a@example.com)", &[]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        let nowhere = "README.md:2: the link to `docs/gone.md#a` leads nowhere";
        check("README.md", "fine\n[a](docs/gone.md#a \"title\")", &[nowhere]);
        check("README.md", "[a]: gone.md", &["README.md:1: the link to `gone.md` leads nowhere"]);
        check("README.md", "[a](../out.md)", &["README.md:1: the link to `../out.md` leads nowhere"]);
    }

    #[test]
    fn code_is_not_read_for_links() {
        check("README.md", "```text\n[a](gone.md)\n```\n[b](docs)", &[]);
    }
}
