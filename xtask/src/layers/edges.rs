//! The edges between our own crates, against the table.

use super::{Layer, MayUse, Member};

/// Returns a finding for every crate and edge that the table does not contain.
pub(super) fn findings(layers: &[Layer], members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for Member { name, uses } in members {
        let Some(layer) = layers.iter().find(|layer| layer.name == name) else {
            findings.push(format!(
                "`{name}` is missing in the table: add it to xtask/src/layers.rs, as low as possible"
            ));
            continue;
        };
        let MayUse::Only(allowed) = layer.may_use else { continue };
        findings.extend(uses.iter().filter(|used| !allowed.contains(&used.as_str())).map(|used| {
            match path_down(layers, used, name) {
                Some(path) => format!(
                    "`{name}` → `{used}` points up: the table has {path}. Move what both need down into \
                     `{name}` or below, or pass it in from above"
                ),
                None => format!(
                    "`{name}` → `{used}` is not in the table: drop the dependency, or, if the design has \
                     changed, allow it in xtask/src/layers.rs and explain it in ARCHITECTURE.md"
                ),
            }
        }));
    }
    findings
}

/// Returns the path from a crate down to another one, if the table allows one.
fn path_down(layers: &[Layer], from: &str, to: &str) -> Option<String> {
    let layer = layers.iter().find(|layer| layer.name == from)?;
    let next: Vec<&str> = match layer.may_use {
        MayUse::Only(names) => names.to_vec(),
        MayUse::Anything => layers.iter().map(|other| other.name).filter(|name| *name != from).collect(),
    };
    // Prefer the direct path.
    if next.contains(&to) {
        return Some(format!("`{from}` → `{to}`"));
    }
    next.into_iter().find_map(|name| match path_down(layers, name, to) {
        Some(path) if layer.may_use != MayUse::Anything => Some(format!("`{from}` → {path}")),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::super::MayUse::{Anything, Only};
    use super::*;

    const TABLE: &[Layer] = &[
        Layer { name: "core", may_use: Only(&[]), pure: true },
        Layer { name: "eval", may_use: Only(&["core"]), pure: true },
        Layer { name: "log", may_use: Only(&["core"]), pure: false },
        Layer { name: "client", may_use: Only(&["eval", "log"]), pure: false },
        Layer { name: "cli", may_use: Anything, pure: false },
    ];

    #[track_caller]
    fn check(name: &str, uses: &[&str], expected: &[&str]) {
        let uses = uses.iter().map(ToString::to_string).collect();
        let findings = findings(TABLE, &[Member { name: name.to_owned(), uses }]);
        let starts: Vec<&str> = findings.iter().map(|text| text.split(": ").next().unwrap()).collect();
        assert_eq!(starts, expected);
    }

    #[test]
    fn edges_point_down() {
        check("eval", &["core"], &[]);
        check("client", &["log", "eval"], &[]);
        check("cli", &["client", "core"], &[]);
        check("core", &["eval"], &["`core` → `eval` points up"]);
        check("core", &["client", "cli"], &["`core` → `client` points up", "`core` → `cli` points up"]);
    }

    #[test]
    fn neighbours_and_strangers_are_undeclared() {
        check("log", &["eval"], &["`log` → `eval` is not in the table"]);
        check("client", &["core"], &["`client` → `core` is not in the table"]);
        check("core", &["core"], &["`core` → `core` is not in the table"]);
        check("newcomer", &["core"], &["`newcomer` is missing in the table"]);
    }

    #[test]
    fn the_message_shows_the_allowed_path() {
        assert_eq!(path_down(TABLE, "client", "core").unwrap(), "`client` → `eval` → `core`");
        assert_eq!(path_down(TABLE, "cli", "core").unwrap(), "`cli` → `core`");
        assert_eq!(path_down(TABLE, "core", "cli"), None);
    }
}
