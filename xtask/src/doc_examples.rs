//! `cargo xtask doc-examples`: how many public items of a library carry an example.
//!
//! An item is what a caller names: a type, trait, function, macro, constant or method. Fields, variants and
//! implementations of traits do not count, and neither do items that another crate defines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::{self, cargo};

/// The libraries that people build on, and the least share of items with an example, in percent.
const LEAST: &[(&str, usize)] = &[
    ("prefab-client", 60),
    ("prefab-eval", 60),
    ("prefab-log", 60),
    ("prefab-rs-core", 40),
    ("prefab-sources", 40),
];

/// The part of rustdoc's JSON that counting needs.
#[derive(Deserialize)]
struct Documentation {
    root: u64,
    index: BTreeMap<String, Item>,
}

#[derive(Deserialize)]
struct Item {
    name: Option<String>,
    docs: Option<String>,
    visibility: Value,
    /// An object with one member: the kind of the item.
    inner: BTreeMap<String, Value>,
}

/// Counts every library, or with `--list` names the items that lack an example.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let list = rest == ["--list"];
    if !list {
        crate::report::no_arguments("doc-examples", rest)?;
    }
    let mut findings = Vec::new();
    for (package, least) in LEAST {
        let (total, missing) = count(package)?;
        let with = total - missing.len();
        let share = (with * 100).checked_div(total).unwrap_or(100);
        println!(
            "{package:<16} {with:>4} of {total:>4} items have an example: {share} % (at least {least} %)"
        );
        if list {
            for path in &missing {
                println!("    {path}");
            }
        }
        if share < *least {
            findings.push(format!("{package}: {share} % of its items have an example, fewer than {least} %"));
        }
    }
    crate::report::report("doc-examples", &findings)
}

/// Returns the number of items, and the paths of those without an example.
fn count(package: &str) -> Result<(usize, Vec<String>)> {
    // rustdoc's JSON is not stable yet; the variable lets a stable rustdoc write it.
    let mut command = cargo();
    command.env("RUSTC_BOOTSTRAP", "1").args([
        "rustdoc",
        "--quiet",
        "--package",
        package,
        "--all-features",
        "--lib",
    ]);
    workspace::run(command.args(["--", "-Z", "unstable-options", "--output-format", "json"]))?;
    let metadata = workspace::metadata()?;
    let crates = metadata.packages.iter();
    let library = crates.filter(|other| other.name == package).find_map(workspace::Package::library);
    let library = library.with_context(|| format!("`{package}` has no library"))?;
    let path = metadata.target_directory.join("doc").join(format!("{library}.json"));
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let documentation: Documentation = serde_json::from_str(&text).context("reading rustdoc's JSON")?;
    let mut walk = Walk { index: &documentation.index, seen: BTreeSet::new(), total: 0, missing: Vec::new() };
    walk.module(documentation.root, package);
    Ok((walk.total, walk.missing))
}

/// Goes through everything that a caller of the library can name.
struct Walk<'a> {
    index: &'a BTreeMap<String, Item>,
    seen: BTreeSet<u64>,
    total: usize,
    missing: Vec<String>,
}

impl Walk<'_> {
    fn module(&mut self, id: u64, path: &str) {
        let Some(module) = self.index.get(&id.to_string()).and_then(|item| item.inner.get("module")) else {
            return;
        };
        for child in ids(&module["items"]) {
            self.item(child, path);
        }
    }

    fn item(&mut self, id: u64, parent: &str) {
        // Another crate defines what the index does not contain.
        let Some(item) = self.index.get(&id.to_string()) else { return };
        if item.visibility != "public" && item.visibility != "default" || !self.seen.insert(id) {
            return;
        }
        let Some((kind, inner)) = item.inner.iter().next() else { return };
        let path = format!("{parent}::{}", item.name.as_deref().unwrap_or_default());
        match kind.as_str() {
            "module" => {
                for child in ids(&inner["items"]) {
                    self.item(child, &path);
                }
            }
            "use" => match (inner["id"].as_u64(), inner["is_glob"] == true) {
                (Some(target), true) => self.module(target, parent),
                (Some(target), false) => self.item(target, parent),
                (None, _) => {}
            },
            "struct" | "enum" | "union" => {
                self.add(item, path.clone());
                ids(&inner["impls"]).for_each(|implementation| self.implementation(implementation, &path));
            }
            "trait" => {
                self.add(item, path.clone());
                ids(&inner["items"]).for_each(|method| self.item(method, &path));
            }
            "function" | "macro" | "proc_macro" | "type_alias" | "constant" | "static" => {
                self.add(item, path);
            }
            _ => {}
        }
    }

    /// Counts the methods of a type that no trait asks for.
    fn implementation(&mut self, id: u64, path: &str) {
        let Some(inner) = self.index.get(&id.to_string()).and_then(|item| item.inner.get("impl")) else {
            return;
        };
        if inner["trait"].is_null() {
            for method in ids(&inner["items"]) {
                self.item(method, path);
            }
        }
    }

    fn add(&mut self, item: &Item, path: String) {
        self.total += 1;
        if !item.docs.as_deref().is_some_and(|docs| docs.contains("```")) {
            self.missing.push(path);
        }
    }
}

fn ids(list: &Value) -> impl Iterator<Item = u64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_u64)
}
