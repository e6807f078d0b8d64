//! `cargo xtask features`: compiles each library that programs use with none, each, the default and all of its features.

use anyhow::{Context as _, Result};

use crate::workspace::{self, Package};

const LIBRARIES: &[&str] = &["prefab-client", "prefab-openfeature"];

pub(crate) fn run(rest: &[String]) -> Result<()> {
    crate::report::no_arguments("features", rest)?;
    let metadata = workspace::metadata()?;
    for name in LIBRARIES {
        let library = metadata.packages.iter().find(|package| package.name == *name);
        let library = library.with_context(|| format!("there is no crate `{name}` in the workspace"))?;
        for selection in selections(library) {
            workspace::run(
                workspace::cargo().args(["check", "--quiet", "--package", name]).args(&selection),
            )?;
        }
    }
    Ok(())
}

/// Returns the arguments of every build to try.
fn selections(library: &Package) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let alone = library.features.keys().filter(|name| *name != "default");
    std::iter::once(words(&["--no-default-features"]))
        .chain(alone.map(|name| words(&["--no-default-features", "--features", name])))
        .chain([words(&[]), words(&["--all-features"])])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_tried_alone() {
        let client: Package = serde_json::from_str(
            r#"{"name": "prefab-client", "manifest_path": "/p/Cargo.toml", "dependencies": [],
                "features": {"default": ["yaml"], "yaml": [], "http": []}}"#,
        )
        .unwrap();
        let lines: Vec<String> = selections(&client).iter().map(|words| words.join(" ")).collect();
        assert_eq!(
            lines,
            [
                "--no-default-features",
                "--no-default-features --features http",
                "--no-default-features --features yaml",
                "",
                "--all-features",
            ]
        );
    }
}
