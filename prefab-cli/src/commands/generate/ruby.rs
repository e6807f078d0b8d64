//! Ruby, for `prefab-cloud-ruby`.

use std::fmt::Write as _;

use super::{Entry, Kind, Names};

const KEYWORDS: &[&str] = &[
    "alias",
    "and",
    "begin",
    "break",
    "case",
    "class",
    "def",
    "do",
    "else",
    "elsif",
    "end",
    "ensure",
    "false",
    "for",
    "if",
    "in",
    "module",
    "next",
    "nil",
    "not",
    "or",
    "redo",
    "rescue",
    "retry",
    "return",
    "self",
    "super",
    "then",
    "true",
    "undef",
    "unless",
    "until",
    "when",
    "while",
    "yield",
    "initialize",
    "object_id",
    "send",
    "method",
];

pub(super) fn write(entries: &[Entry]) -> String {
    let mut code = String::from(
        "# Written by `prefab generate --target ruby`. Changes made here are lost.\n\n\
         # Every config and flag of the project, by its own name.\n\
         class PrefabTypesafeClient\n  def initialize(prefab)\n    @prefab = prefab\n  end\n",
    );
    let mut names = Names::new(KEYWORDS);
    for Entry { key, kind, is_flag } in entries {
        let is_switch = *is_flag && *kind == Kind::Bool;
        let name = names.snake(key) + if is_switch { "?" } else { "" };
        let shown = key.replace(['\n', '\r'], "?");
        // Single quotes disable interpolation.
        let literal = format!("'{}'", key.replace('\\', "\\\\").replace('\'', "\\'"));
        let call = if is_switch {
            format!("@prefab.enabled?({literal}, jit_context: contexts)")
        } else {
            format!("@prefab.get({literal}, jit_context: contexts)")
        };
        // Writing to a string cannot fail.
        let _ = write!(
            code,
            "\n  # {shown}, {}\n  def {name}(contexts = nil)\n    {call}\n  end\n",
            kind.words()
        );
    }
    code.push_str("end\n");
    code
}
