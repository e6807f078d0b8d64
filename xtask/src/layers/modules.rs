//! The dependencies between the files of one crate, and the circles among them.
//!
//! An edge leads from a file to the file that defines the item it uses, however many re-exports lie between. `mod x;`
//! and a re-export are not uses. A file and the files in its folder are one unit, so the use of a parent's item by its
//! child, such as a type that all children share, closes no circle.

mod circles;
mod names;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

/// The files of one crate and which of them use which.
#[derive(Debug, Default)]
pub(super) struct FileGraph {
    pub(super) files: Vec<SourceFile>,
    /// The names that the first file uses from the second one.
    pub(super) edges: BTreeMap<(usize, usize), BTreeSet<String>>,
}

/// A file of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// The path from the crate's folder, such as `src/view.rs`.
    pub(super) path: String,
    pub(super) lines: usize,
}

/// Files of which each uses, directly or indirectly, each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    pub(super) files: Vec<String>,
    /// The shortest way around, such as `` src/a.rs → src/b.rs (`B`) → src/a.rs (`A`) ``.
    pub(super) example: String,
}

/// A circle that may stay.
#[derive(Debug, Clone, Copy)]
pub(super) struct AllowedCircle {
    pub(super) package: &'static str,
    /// All files of the circle are in this folder.
    pub(super) folder: &'static str,
    /// Shown by `--graph`.
    pub(super) reason: &'static str,
}

impl FileGraph {
    /// Reads the crate in `folder`, from `src/lib.rs` or `src/main.rs`.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let mut graph = Self::default();
        for root in ["src/lib.rs", "src/main.rs"] {
            if folder.join(root).is_file() {
                let read = |path: &str| std::fs::read_to_string(folder.join(path)).map_err(Into::into);
                graph.add(&read::tree(root, read)?);
            }
        }
        Ok(graph)
    }

    /// Adds the files of a module tree and the edges between them.
    fn add(&mut self, tree: &read::ModuleTree) {
        let first = self.files.len();
        self.files.extend(tree.files.iter().cloned());
        for ((from, to), names) in names::edges(tree) {
            self.edges.entry((first + from, first + to)).or_default().extend(names);
        }
    }

    /// Returns the circles, the largest first.
    pub(super) fn circles(&self) -> Vec<Circle> {
        circles::of(self)
    }

    /// Returns the files that `from` uses, apart from those whose child it is.
    fn used_beside(&self, from: usize) -> impl Iterator<Item = usize> {
        let used = self.edges.range((from, 0)..=(from, usize::MAX)).map(|((_, to), _)| *to);
        used.filter(move |to| !self.files[from].is_below(&self.files[*to]))
    }

    /// Returns the number of lines of all files.
    pub(super) fn lines(&self) -> usize {
        self.files.iter().map(|file| file.lines).sum()
    }
}

impl SourceFile {
    /// Returns true for a file in the folder of `parent`, at any depth.
    fn is_below(&self, parent: &Self) -> bool {
        let path = parent.path.trim_end_matches(".rs");
        let (beside, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = if matches!(name, "lib" | "main" | "mod") { beside } else { path };
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl AllowedCircle {
    pub(super) fn covers(&self, package: &str, circle: &Circle) -> bool {
        self.package == package && circle.files.iter().all(|file| file.starts_with(self.folder))
    }
}

/// Returns a sentence for every circle of a crate that is not allowed, and for every allowance without a circle.
pub(super) fn findings(package: &str, graph: &FileGraph, allowed: &[AllowedCircle]) -> Vec<String> {
    let circles = graph.circles();
    let forbidden =
        circles.iter().filter(|circle| !allowed.iter().any(|entry| entry.covers(package, circle)));
    let mut findings: Vec<String> = forbidden
        .map(|circle| {
            format!(
                "`{package}` has a circle of {} files, for example {}. Move what both sides use into a file of its \
                 own, or pass it in from above",
                circle.files.len(),
                circle.example
            )
        })
        .collect();
    let unused = allowed.iter().filter(|entry| {
        entry.package == package && !circles.iter().any(|circle| entry.covers(package, circle))
    });
    findings.extend(unused.map(|entry| {
        format!(
            "`{package}` has no circle in `{}` any more: remove its allowance in xtask/src/layers.rs",
            entry.folder
        )
    }));
    findings
}
