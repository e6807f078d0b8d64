//! `cargo xtask layers`: checks that dependencies point down and that pure crates stay pure.
//!
//! Three checks. The edges between our own crates are compared with the table below; they come from
//! `cargo metadata`. The dependencies of a pure crate, at any depth, are compared with a list of crates that do
//! I/O; they come from `cargo tree` per crate, because metadata mixes in the features that other crates of
//! the workspace have switched on. The files of each crate use each other without a circle; that is read from
//! their paths and imports.
//!
//! `--graph` prints the crates, files, edges, circles and sizes.

mod closure;
mod edges;
mod graph;
mod modules;

use anyhow::Result;

use crate::report::{self, report};
use crate::workspace::{self, Metadata};
use modules::{AllowedCircle, FileGraph};

/// The crates that a crate of the workspace may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MayUse {
    Only(&'static [&'static str]),
    /// For the programs at the top, on which no crate depends.
    Anything,
}

/// A crate and its place in the layers.
#[derive(Debug, Clone, Copy)]
struct Layer {
    name: &'static str,
    may_use: MayUse,
    /// The caller provides time, randomness, files and sockets.
    pure: bool,
}

use MayUse::{Anything, Only};

/// All crates, the lowest first. ARCHITECTURE.md explains the reasons.
const LAYERS: &[Layer] = &[
    Layer { name: "prefab-rs-core", may_use: Only(&[]), pure: true },
    Layer { name: "prefab-eval", may_use: Only(&["prefab-rs-core"]), pure: true },
    Layer { name: "prefab-proto", may_use: Only(&["prefab-rs-core"]), pure: true },
    // It counts evaluations, which it reads by reference rather than as copies.
    Layer {
        name: "prefab-telemetry",
        may_use: Only(&["prefab-rs-core", "prefab-eval", "prefab-proto"]),
        pure: true,
    },
    // The rules that the OpenFeature provider and the server share.
    Layer {
        name: "prefab-openfeature-mapping",
        may_use: Only(&["prefab-rs-core", "prefab-eval"]),
        pure: true,
    },
    Layer { name: "prefab-log", may_use: Only(&["prefab-rs-core"]), pure: false },
    Layer { name: "prefab-sources", may_use: Only(&["prefab-rs-core", "prefab-proto"]), pure: false },
    // Only for `[dev-dependencies]`.
    Layer { name: "prefab-testing", may_use: Only(&["prefab-rs-core", "prefab-proto"]), pure: false },
    Layer { name: "prefab-derive", may_use: Only(&[]), pure: true },
    Layer {
        name: "prefab-client",
        may_use: Only(&[
            "prefab-rs-core",
            "prefab-derive",
            "prefab-eval",
            "prefab-proto",
            "prefab-telemetry",
            "prefab-log",
            "prefab-sources",
        ]),
        pure: false,
    },
    // The only crate that depends on the SDK of OpenFeature.
    Layer {
        name: "prefab-openfeature",
        may_use: Only(&["prefab-rs-core", "prefab-eval", "prefab-openfeature-mapping", "prefab-client"]),
        pure: false,
    },
    Layer { name: "prefab-http", may_use: Only(&[]), pure: true },
    Layer { name: "prefab-page", may_use: Only(&["prefab-http"]), pure: false },
    // Its only effect is to wake subscribers.
    Layer {
        name: "prefab-publish",
        may_use: Only(&["prefab-rs-core", "prefab-eval", "prefab-proto"]),
        pure: false,
    },
    // The shapes that a server and the programs that manage it exchange.
    Layer { name: "prefab-management-api", may_use: Only(&[]), pure: true },
    Layer { name: "prefab-store", may_use: Only(&["prefab-rs-core"]), pure: false },
    Layer {
        name: "prefab-store-sqlite",
        may_use: Only(&["prefab-rs-core", "prefab-proto", "prefab-store"]),
        pure: false,
    },
    Layer {
        name: "prefab-store-postgres",
        may_use: Only(&["prefab-rs-core", "prefab-proto", "prefab-store"]),
        pure: false,
    },
    Layer {
        name: "prefab-service",
        may_use: Only(&[
            "prefab-rs-core",
            "prefab-eval",
            "prefab-management-api",
            "prefab-openfeature-mapping",
            "prefab-proto",
            "prefab-publish",
            "prefab-sources",
            "prefab-store",
        ]),
        pure: false,
    },
    Layer { name: "prefab-server", may_use: Anything, pure: false },
    Layer { name: "prefab-cli", may_use: Anything, pure: false },
    Layer { name: "xtask", may_use: Only(&[]), pure: false },
];

/// Allowed circles of files.
const ALLOWED_CIRCLES: &[AllowedCircle] = &[AllowedCircle {
    package: "prefab-sources",
    folder: "src/yaml/",
    reason: "a recursive grammar, read by recursive descent",
}];

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let metadata = workspace::metadata()?;
    let members = members(&metadata);
    let mut graphs = Vec::new();
    for package in &metadata.packages {
        graphs.push((package.name.clone(), FileGraph::of(package.folder())?));
    }
    if rest == ["--graph"] {
        print!("{}", graph::drawn(LAYERS, &members, &graphs, ALLOWED_CIRCLES));
        return Ok(());
    }
    report::no_arguments("layers", rest)?;
    let mut findings = edges::findings(LAYERS, &members);
    findings.extend(
        graphs.iter().flat_map(|(package, graph)| modules::findings(package, graph, ALLOWED_CIRCLES)),
    );
    for layer in LAYERS.iter().filter(|layer| layer.pure) {
        findings.extend(closure::findings(layer.name, &closure::tree(layer.name)?));
    }
    report("layers", &findings)
}

/// A crate of the workspace and the crates it depends on.
#[derive(Debug)]
struct Member {
    name: String,
    uses: Vec<String>,
}

/// Returns the edges between the crates of the workspace. Dependencies of tests do not count.
fn members(metadata: &Metadata) -> Vec<Member> {
    metadata
        .packages
        .iter()
        .map(|package| Member {
            name: package.name.clone(),
            uses: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some() && dependency.kind.as_deref() != Some("dev"))
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ships_counts_as_an_edge() {
        let metadata: Metadata = serde_json::from_str(
            r#"{"target_directory": "/t", "packages": [{"name": "a", "manifest_path": "/a/Cargo.toml",
                "features": {}, "dependencies": [
                    {"name": "b", "kind": null, "path": "/b"},
                    {"name": "c", "kind": "build", "path": "/c"},
                    {"name": "d", "kind": "dev", "path": "/d"},
                    {"name": "serde", "kind": null, "path": null}]}]}"#,
        )
        .unwrap();
        assert_eq!(members(&metadata)[0].uses, ["b", "c"]);
    }

    #[test]
    fn the_table_itself_has_no_way_up() {
        for (place, layer) in LAYERS.iter().enumerate() {
            let Only(names) = layer.may_use else { continue };
            for name in names {
                let below = LAYERS[..place].iter().find(|other| other.name == *name);
                let below = below.unwrap_or_else(|| panic!("`{name}` is not below `{}`", layer.name));
                assert!(below.pure || !layer.pure, "pure `{}` depends on `{name}`", layer.name);
            }
        }
    }
}
