//! Compares all dependencies of a pure crate with the list of crates that have effects.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::workspace;

/// Crates that bring a runtime, sockets, files, clocks or randomness. Each line names the effect first.
const EFFECTS: &[(&str, &[&str])] = &[
    ("a runtime", &["tokio", "tokio-util", "async-std", "async-io", "smol", "rayon", "crossbeam-channel"]),
    (
        "sockets",
        &[
            "mio",
            "socket2",
            "hyper",
            "hyper-util",
            "h2",
            "reqwest",
            "ureq",
            "tonic",
            "tower",
            "axum",
            "rustls",
            "native-tls",
            "openssl",
            "tungstenite",
        ],
    ),
    ("files", &["notify", "inotify", "tempfile", "memmap2", "walkdir", "dirs", "etcetera", "rusqlite"]),
    ("a clock", &["chrono", "time", "quanta", "coarsetime", "web-time"]),
    ("randomness", &["getrandom", "rand", "fastrand", "uuid"]),
    ("output", &["tracing-subscriber", "env_logger", "indicatif"]),
];

/// Returns all dependencies of a crate with its default features, on every platform.
///
/// Macro crates run in the compiler, not in the program, and do not count.
pub(super) fn tree(package: &str) -> Result<String> {
    workspace::output(workspace::cargo().args([
        "tree",
        "--package",
        package,
        "--edges",
        "normal,no-proc-macro",
        "--target",
        "all",
        "--no-dedupe",
        "--prefix",
        "depth",
        "--format",
        " {p}",
    ]))
}

/// Returns a finding for every dependency of `package` that has an effect, with the path to it.
pub(super) fn findings(package: &str, tree: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut way: Vec<&str> = Vec::new();
    let mut hidden_below = usize::MAX;
    let mut findings = Vec::new();
    for (depth, name) in tree.lines().filter_map(node) {
        way.truncate(depth);
        way.push(name);
        // The dependencies of a reported crate are not reported again.
        if depth > hidden_below {
            continue;
        }
        hidden_below = usize::MAX;
        let Some(effect) = effect(name) else { continue };
        hidden_below = depth;
        if seen.insert(name) {
            findings.push(format!(
                "`{package}` must stay pure, but `{name}` brings {effect}: {}. Drop the dependency, switch off \
                 the feature that pulls it in (`cargo tree -p {package} -e features -i {name}` shows which), or \
                 move the code to a crate that may do I/O",
                way.join(" → ")
            ));
        }
    }
    findings
}

/// Reads a line such as `2 aes v0.8.4`.
fn node(line: &str) -> Option<(usize, &str)> {
    let mut words = line.split_whitespace();
    let depth = words.next()?.parse().ok()?;
    Some((depth, words.next()?))
}

fn effect(name: &str) -> Option<&'static str> {
    EFFECTS.iter().find(|(_, names)| names.contains(&name)).map(|(effect, _)| *effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tree: &str, expected: &[&str]) {
        let findings = findings("eval", tree);
        let starts: Vec<&str> = findings.iter().map(|text| text.split(". ").next().unwrap()).collect();
        assert_eq!(starts, expected);
    }

    #[test]
    fn an_effect_is_reported_with_the_way_to_it() {
        check("0 eval v0.1.0 (/somewhere)\n1 regex v1.0.0\n2 memchr v2.0.0\n1 hex v1.0.0\n", &[]);
        check(
            "0 eval v0.1.0\n1 regex v1.0.0\n2 memchr v2.0.0\n1 cache v1.0.0\n2 pool v1.0.0\n3 mio v1.0.0\n",
            &["`eval` must stay pure, but `mio` brings sockets: eval → cache → pool → mio"],
        );
    }

    #[test]
    fn only_the_topmost_effect_counts_and_only_once() {
        check(
            "0 eval v0.1.0\n1 tokio v1.0.0\n2 mio v1.0.0\n3 socket2 v0.6.0\n1 aead v0.5.0\n2 tokio v1.0.0\n2 getrandom v0.3.0\n",
            &[
                "`eval` must stay pure, but `tokio` brings a runtime: eval → tokio",
                "`eval` must stay pure, but `getrandom` brings randomness: eval → aead → getrandom",
            ],
        );
    }
}
