//! Resolves the paths in a module tree to the files that define what they name.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Module, ModuleTree};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Module(usize),
    Item { file: usize, name: String },
}

/// Returns the names that each file uses from another one.
pub(super) fn edges(tree: &ModuleTree) -> BTreeMap<(usize, usize), BTreeSet<String>> {
    let mut edges: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    for (number, module) in tree.modules.iter().enumerate() {
        for target in targets(tree, number, module) {
            if let Target::Item { file, name } = target
                && file != module.file
            {
                edges.entry((module.file, file)).or_default().insert(name);
            }
        }
    }
    edges
}

/// Returns everything that a module uses.
fn targets(tree: &ModuleTree, number: usize, module: &Module) -> Vec<Target> {
    let resolver = |path: &[String]| Resolver::new(tree).path(number, path);
    // Importing a module is not a use. The items used through it are among the paths.
    let imports =
        module.imports.iter().filter(|import| !import.exported || module.words.contains(&import.name));
    let mut targets: Vec<Target> = imports.filter_map(|import| resolver(&import.path)).collect();
    targets.extend(module.mentions.iter().filter_map(|path| match resolver(path)? {
        Target::Module(found) => {
            Some(Target::Item { file: tree.modules[found].file, name: path.last()?.clone() })
        }
        item @ Target::Item { .. } => Some(item),
    }));
    for glob in &module.globs {
        let Some(Target::Module(source)) = resolver(glob) else { continue };
        targets.extend(module.words.iter().filter_map(|word| Resolver::new(tree).name(source, word)));
    }
    targets
}

/// Follows imports, and notes where it has been: they may lead in a circle.
struct Resolver<'a> {
    tree: &'a ModuleTree,
    visited: BTreeSet<(usize, String)>,
}

impl<'a> Resolver<'a> {
    fn new(tree: &'a ModuleTree) -> Self {
        Self { tree, visited: BTreeSet::new() }
    }

    /// Returns what `path` names when `module` writes it; `None` for another crate's.
    fn path(&mut self, module: usize, path: &[String]) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.tree.modules[module].parent?),
            name => self.name(module, name)?,
        };
        for name in rest {
            let Target::Module(inside) = target else { break };
            target = match name.as_str() {
                "super" => Target::Module(self.tree.modules[inside].parent?),
                // A macro may have defined it.
                name => self.name(inside, name).unwrap_or_else(|| Target::Item {
                    file: self.tree.modules[inside].file,
                    name: name.to_owned(),
                }),
            };
        }
        Some(target)
    }

    /// Returns what `name` is inside of `module`.
    fn name(&mut self, module: usize, name: &str) -> Option<Target> {
        if !self.visited.insert((module, name.to_owned())) {
            return None;
        }
        let inside = &self.tree.modules[module];
        if inside.items.contains(name) {
            return Some(Target::Item { file: inside.file, name: name.to_owned() });
        }
        if let Some(child) = inside.children.get(name) {
            return Some(Target::Module(*child));
        }
        let mut imports = inside.imports.iter().filter(|import| import.name == name);
        if let Some(target) = imports.find_map(|import| self.path(module, &import.path)) {
            return Some(target);
        }
        inside.globs.iter().find_map(|glob| match self.path(module, glob)? {
            Target::Module(source) => self.name(source, name),
            Target::Item { .. } => None,
        })
    }
}
