//! Reads a crate's files into a tree of modules with the names each defines, imports and mentions.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use super::SourceFile;

/// A path as written, such as `["super", "view", "NONE"]`.
pub(super) type Path = Vec<String>;

/// The modules of a crate; the first one is its root.
#[derive(Debug, Default)]
pub(super) struct ModuleTree {
    pub(super) files: Vec<SourceFile>,
    pub(super) modules: Vec<Module>,
}

/// A module, in a file of its own or inline.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: usize,
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    pub(super) items: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    /// Modules whose names are all imported.
    pub(super) globs: Vec<Path>,
    /// Paths of two and more words outside of imports.
    pub(super) mentions: BTreeSet<Path>,
    /// Every identifier outside of imports.
    pub(super) words: BTreeSet<String>,
}

/// One name that a `use` brings.
#[derive(Debug)]
pub(super) struct Import {
    /// `_` for a trait without a name.
    pub(super) name: String,
    pub(super) path: Path,
    /// For others, too: `pub use`, `pub(crate) use`.
    pub(super) exported: bool,
}

/// Reads the crate whose first file is `root`. `read` returns the text of a file.
pub(super) fn tree(root: &str, read: impl Fn(&str) -> Result<String>) -> Result<ModuleTree> {
    let mut reader = Reader { read, tree: ModuleTree::default() };
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    reader.file(root, folder, None)?;
    Ok(reader.tree)
}

struct Reader<R> {
    read: R,
    tree: ModuleTree,
}

impl<R: Fn(&str) -> Result<String>> Reader<R> {
    /// Reads the module in the file `path`; the files of its children are in `folder`.
    fn file(&mut self, path: &str, folder: &str, parent: Option<usize>) -> Result<usize> {
        let text = (self.read)(path).with_context(|| format!("reading {path}"))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("parsing {path}"))?;
        self.tree.files.push(SourceFile { path: path.to_owned(), lines: text.lines().count() });
        let file = self.tree.files.len() - 1;
        self.module(&parsed.items, file, folder, parent)
    }

    fn module(&mut self, items: &[Item], file: usize, folder: &str, parent: Option<usize>) -> Result<usize> {
        let number = self.tree.modules.len();
        self.tree.modules.push(Module { file, parent, ..Module::default() });
        for item in items {
            match item {
                Item::Mod(child) if !is_for_tests(&child.attrs) => {
                    let module = self.child(child, file, folder, number)?;
                    self.tree.modules[number].children.insert(child.ident.to_string(), module);
                }
                Item::Mod(_) => {}
                Item::Use(import) => self.tree.modules[number].import(import),
                other => self.tree.modules[number].item(other),
            }
        }
        Ok(number)
    }

    fn child(&mut self, child: &ItemMod, file: usize, folder: &str, parent: usize) -> Result<usize> {
        let name = child.ident.to_string();
        let inner = format!("{folder}/{name}");
        if let Some((_, items)) = &child.content {
            return self.module(items, file, &inner, Some(parent));
        }
        if let Some(path) = child.attrs.iter().find_map(path_attribute) {
            let (beside, _) = self.tree.files[file].path.rsplit_once('/').unwrap_or_default();
            let path = format!("{beside}/{path}");
            let inner = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            return self.file(&path, &inner, Some(parent));
        }
        let flat = format!("{inner}.rs");
        let nested = format!("{inner}/mod.rs");
        let path = if (self.read)(&flat).is_ok() { flat } else { nested };
        self.file(&path, &inner, Some(parent))
    }
}

impl Module {
    fn import(&mut self, import: &ItemUse) {
        let exported = !matches!(import.vis, Visibility::Inherited);
        if !is_for_tests(&import.attrs) {
            self.import_tree(&import.tree, &Path::new(), exported);
        }
    }

    fn import_tree(&mut self, tree: &UseTree, before: &Path, exported: bool) {
        let longer = |name: &Ident| before.iter().cloned().chain([name.to_string()]).collect::<Path>();
        match tree {
            UseTree::Path(path) => self.import_tree(&path.tree, &longer(&path.ident), exported),
            UseTree::Group(group) => {
                for part in &group.items {
                    self.import_tree(part, before, exported);
                }
            }
            UseTree::Glob(_) => self.globs.push(before.clone()),
            UseTree::Name(name) if name.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.imports.push(Import { name, path: before.clone(), exported });
            }
            UseTree::Name(name) => {
                let import = Import { name: name.ident.to_string(), path: longer(&name.ident), exported };
                self.imports.push(import);
            }
            UseTree::Rename(renamed) => {
                let path = if renamed.ident == "self" { before.clone() } else { longer(&renamed.ident) };
                self.imports.push(Import { name: renamed.rename.to_string(), path, exported });
            }
        }
    }

    fn item(&mut self, item: &Item) {
        let (name, attributes) = match item {
            Item::Const(item) => (Some(&item.ident), &item.attrs),
            Item::Enum(item) => (Some(&item.ident), &item.attrs),
            Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
            Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
            Item::Static(item) => (Some(&item.ident), &item.attrs),
            Item::Struct(item) => (Some(&item.ident), &item.attrs),
            Item::Trait(item) => (Some(&item.ident), &item.attrs),
            Item::Type(item) => (Some(&item.ident), &item.attrs),
            Item::Union(item) => (Some(&item.ident), &item.attrs),
            Item::Impl(item) => (None, &item.attrs),
            _ => return,
        };
        if is_for_tests(attributes) {
            return;
        }
        self.items.extend(name.map(ToString::to_string));
        self.mention(item.to_token_stream());
    }

    /// Notes the words and paths in code, in the arguments of macros, too.
    fn mention(&mut self, code: TokenStream) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut place = 0;
        while place < tokens.len() {
            match &tokens[place] {
                TokenTree::Group(group) => self.mention(group.stream()),
                TokenTree::Ident(word) if word == "use" => {
                    let end = tokens[place..].iter().position(|token| is_punct(token, ';'));
                    let end = end.map_or(tokens.len(), |end| place + end + 1);
                    self.local_import(tokens[place..end].iter().cloned().collect());
                    place = end;
                    continue;
                }
                TokenTree::Ident(_) => {
                    let (path, end) = path_at(&tokens, place);
                    self.words.insert(path[0].clone());
                    if path.len() > 1 {
                        self.mentions.insert(path);
                    }
                    place = end;
                    continue;
                }
                _ => {}
            }
            place += 1;
        }
    }

    /// A `use` in a function's body: what it names is used.
    fn local_import(&mut self, code: TokenStream) {
        let Ok(import) = syn::parse2::<ItemUse>(code) else { return };
        let mut inner = Self::default();
        inner.import(&import);
        self.mentions.extend(inner.imports.into_iter().map(|import| import.path));
        self.mentions.extend(inner.globs);
    }
}

/// Reads `a::b::c` from `place` on; returns it and the place behind it.
fn path_at(tokens: &[TokenTree], mut place: usize) -> (Path, usize) {
    let mut path = Path::new();
    while let Some(TokenTree::Ident(word)) = tokens.get(place) {
        path.push(word.to_string());
        place += 1;
        let [first, second, TokenTree::Ident(_), ..] = &tokens[place..] else { break };
        if !(is_punct(first, ':') && is_punct(second, ':')) {
            break;
        }
        place += 2;
    }
    (path, place)
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// Returns true for what only tests compile. Tests may look anywhere.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.to_token_stream().to_string();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        attribute.path().is_ident("cfg") && words.contains(&"test") && !words.contains(&"not")
    })
}

/// Returns the file that `#[path = "…"]` names.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    attribute.path().is_ident("path").then(|| text.value())
}
