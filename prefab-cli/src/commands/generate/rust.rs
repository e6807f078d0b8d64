//! Rust, for `prefab-client`.

use std::fmt::Write as _;

use super::{Entry, Kind, Names};

const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where",
    "while", "abstract", "become", "box", "do", "final", "macro", "override", "priv", "try", "typeof",
    "unsized", "virtual", "yield", "new", "view",
];

pub(super) fn write(entries: &[Entry]) -> String {
    let mut code = String::from(
        "// Written by `prefab generate --target rust`. Do not edit.\n\
         #![allow(dead_code, unreachable_pub, reason = \"a program need not ask for everything\")]\n\n\
         use prefab_client::{Error, View};\n\n\
         /// All configs and flags of the project, with their types.\n\
         ///\n\
         /// Created from a view: `Configs::new(client.with(&contexts))`.\n\
         #[derive(Clone, Copy, Debug)]\n\
         pub struct Configs<'a> {\n    view: View<'a>,\n}\n\n\
         impl<'a> Configs<'a> {\n\
         \x20   /// Evaluates with the contexts of a view.\n\
         \x20   pub fn new(view: View<'a>) -> Self {\n        Self { view }\n    }\n",
    );
    let mut names = Names::new(KEYWORDS);
    for Entry { key, kind, is_flag } in entries {
        let name = names.snake(key);
        let literal = format!("{key:?}");
        // The key is code inside a comment, so it must not end either.
        let shown = key.replace(['`', '\n', '\r'], "?");
        // Writing to a string cannot fail.
        let _ = if *is_flag && *kind == Kind::Bool {
            write!(
                code,
                "\n    /// Whether the flag `{shown}` is on.\n    pub fn {name}(&self) -> bool {{\n        \
                 self.view.enabled({literal})\n    }}\n"
            )
        } else {
            let what = if *is_flag { "flag" } else { "config" };
            write!(
                code,
                "\n    /// The {what} `{shown}`, {}.\n    pub fn {name}(&self) -> Result<{}, Error> {{\n        \
                 self.view.get({literal})\n    }}\n",
                kind.words(),
                type_of(*kind)
            )
        };
    }
    code.push_str("}\n");
    code
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int => "i64",
        Kind::Double => "f64",
        Kind::String => "String",
        Kind::StringList => "Vec<String>",
        Kind::Json => "prefab_client::JsonValue",
        Kind::Duration => "std::time::Duration",
    }
}
