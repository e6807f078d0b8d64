//! `cargo xtask layers --graph`: the crates and files, and which of them use which.

use std::fmt::Write as _;

use super::modules::{AllowedCircle, FileGraph};
use super::{Layer, Member};

/// Returns the graph as text.
pub(super) fn drawn(
    layers: &[Layer],
    members: &[Member],
    graphs: &[(String, FileGraph)],
    allowed: &[AllowedCircle],
) -> String {
    let total: usize = graphs.iter().map(|(_, graph)| graph.lines()).sum();
    let mut text = format!("{total} lines in src/ of {} crates\n", graphs.len());
    // The lowest crate first, as in the table.
    for layer in layers {
        let member = members.iter().find(|member| member.name == layer.name);
        let graph = graphs.iter().find(|(name, _)| name == layer.name);
        if let (Some(member), Some((_, graph))) = (member, graph) {
            add_crate(&mut text, member, graph, total, allowed);
        }
    }
    text
}

fn add_crate(text: &mut String, member: &Member, graph: &FileGraph, total: usize, allowed: &[AllowedCircle]) {
    let name = &member.name;
    let lines = graph.lines();
    // Writing to a string does not fail.
    let _ = writeln!(text, "\n{name} → {}", list(member.uses.iter().map(String::as_str)));
    if let Some(largest) = graph.files.iter().max_by_key(|file| file.lines) {
        let _ = writeln!(
            text,
            "  {lines} lines ({} %) in {} files, the largest {} with {}",
            lines * 100 / total.max(1),
            graph.files.len(),
            largest.path,
            largest.lines
        );
    }
    for circle in graph.circles() {
        let reason = allowed.iter().find(|entry| entry.covers(name, &circle)).map(|entry| entry.reason);
        let reason = reason.map_or_else(String::new, |reason| format!(" (allowed: {reason})"));
        let _ = writeln!(text, "  circle of {} files, {}{reason}", circle.files.len(), circle.example);
        let _ = writeln!(text, "    {}", circle.files.join(" "));
    }
    for (number, file) in graph.files.iter().enumerate() {
        let used = graph.edges.range((number, 0)..=(number, usize::MAX));
        let used = list(used.map(|((_, to), _)| graph.files[*to].path.as_str()));
        let _ = writeln!(text, "  {} ({}) → {used}", file.path, file.lines);
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
