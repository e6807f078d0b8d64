//! Python, for `prefab-cloud-python`.

use std::fmt::Write as _;

use super::{Entry, Kind, Names, literal};

const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield", "self", "client", "contexts",
];

pub(super) fn write(entries: &[Entry]) -> String {
    let mut code = String::from(
        "# Written by `prefab generate --target python-pydantic`. Changes made here are lost.\n\
         from __future__ import annotations\n\n\
         from datetime import timedelta\n\
         from typing import Any, Dict, List, Optional\n\n\
         Contexts = Optional[Dict[str, Dict[str, Any]]]\n\n\n\
         class PrefabTypesafeClient:\n    \"\"\"Every config and flag of the project, by its own type.\"\"\"\n\n\
         \x20   def __init__(self, client: Any) -> None:\n        self.client = client\n",
    );
    let mut names = Names::new(KEYWORDS);
    for Entry { key, kind, is_flag } in entries {
        let (name, literal, kind_name) = (names.snake(key), literal(key), type_of(*kind));
        let call = if *is_flag && *kind == Kind::Bool {
            format!("self.client.enabled({literal}, context=contexts)")
        } else {
            format!("self.client.get({literal}, context=contexts)")
        };
        // Writing to a string cannot fail.
        let _ = write!(
            code,
            "\n    def {name}(self, contexts: Contexts = None) -> {kind_name}:\n        # {literal}, {}\n        \
             return {call}\n",
            kind.words()
        );
    }
    code
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Double => "float",
        Kind::String => "str",
        Kind::StringList => "List[str]",
        Kind::Json => "Any",
        Kind::Duration => "timedelta",
    }
}
