//! TypeScript, for the official clients of servers and browsers.

use std::fmt::Write as _;

use super::{Entry, Kind, Names, literal};

/// Names that a class cannot use for a method.
const RESERVED: &[&str] = &["constructor", "prefab", "get", "isEnabled"];

pub(super) fn node(entries: &[Entry]) -> String {
    let mut code = String::from(
        "// Written by `prefab generate --target node-ts`. Do not edit.\n\n\
         type Contexts = Map<string, Map<string, unknown>> | Record<string, Record<string, unknown>>;\n\n\
         interface Client {\n  get(key: string, contexts?: Contexts, otherwise?: unknown): unknown;\n  \
         isFeatureEnabled(key: string, contexts?: Contexts): boolean;\n}\n\n\
         /** Every config and flag of the project, by its own type. */\n\
         export class PrefabTypesafeNode {\n  constructor(private readonly prefab: Client) {}\n",
    );
    let mut names = Names::new(RESERVED);
    for Entry { key, kind, is_flag } in entries {
        let (name, literal, kind_name) = (names.camel(key), literal(key), type_of(*kind));
        let call = if *is_flag && *kind == Kind::Bool {
            format!("this.prefab.isFeatureEnabled({literal}, contexts)")
        } else {
            format!("this.prefab.get({literal}, contexts) as {kind_name}")
        };
        // Writing to a string cannot fail.
        let _ = write!(
            code,
            "\n  /** {literal}, {} */\n  {name}(contexts?: Contexts): {kind_name} {{\n    return {call};\n  }}\n",
            kind.words()
        );
    }
    code.push_str("}\n");
    code
}

pub(super) fn react(entries: &[Entry]) -> String {
    let mut code = String::from(
        "// Written by `prefab generate --target react-ts`. Do not edit.\n\n\
         interface Client {\n  get(key: string): unknown;\n  isEnabled(key: string): boolean;\n}\n\n\
         /** Every config and flag that front ends see, by its own type. */\n\
         export class PrefabTypesafeReact {\n  constructor(private readonly prefab: Client) {}\n",
    );
    let mut names = Names::new(RESERVED);
    for Entry { key, kind, is_flag } in entries {
        let (name, literal, kind_name) = (names.camel(key), literal(key), type_of(*kind));
        let call = if *is_flag && *kind == Kind::Bool {
            format!("this.prefab.isEnabled({literal})")
        } else {
            format!("this.prefab.get({literal}) as {kind_name}")
        };
        let _ = write!(
            code,
            "\n  /** {literal}, {} */\n  get {name}(): {kind_name} {{\n    return {call};\n  }}\n",
            kind.words()
        );
    }
    code.push_str("}\n");
    code
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "boolean",
        Kind::Int | Kind::Double => "number",
        Kind::String => "string",
        Kind::StringList => "string[]",
        Kind::Json => "Record<string, unknown>",
        // A duration is an object with seconds and milliseconds.
        Kind::Duration => "{ seconds: number; ms: number }",
    }
}
