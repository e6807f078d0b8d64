//! The circles of a graph of files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Circle, FileGraph};

/// Returns the circles, the largest first.
pub(super) fn of(graph: &FileGraph) -> Vec<Circle> {
    let reach: Vec<BTreeSet<usize>> = (0..graph.files.len()).map(|file| reachable(graph, file)).collect();
    let mut placed = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, reached) in reach.iter().enumerate() {
        if !reached.contains(&file) || placed.contains(&file) {
            continue;
        }
        let members: Vec<usize> =
            reached.iter().copied().filter(|other| reach[*other].contains(&file)).collect();
        placed.extend(members.iter().copied());
        let files = members.iter().map(|member| graph.files[*member].path.clone()).collect();
        circles.push(Circle { files, example: example(graph, &members) });
    }
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.files.len()));
    circles
}

fn reachable(graph: &FileGraph, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        open.extend(graph.used_beside(file).filter(|next| reached.insert(*next)));
    }
    reached
}

/// Returns the shortest way around that starts at any of the files of a circle.
fn example(graph: &FileGraph, members: &[usize]) -> String {
    let ways = members.iter().filter_map(|start| way_around(graph, *start));
    let way = ways.min_by_key(Vec::len).unwrap_or_default();
    let steps = way.windows(2).map(|step| {
        let names = &graph.edges[&(step[0], step[1])];
        let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
        format!(" → {} ({})", graph.files[step[1]].path, shown.join(", "))
    });
    way.first().map(|start| graph.files[*start].path.clone()).into_iter().chain(steps).collect()
}

fn way_around(graph: &FileGraph, start: usize) -> Option<Vec<usize>> {
    let mut before = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(file) = open.pop_front() {
        for next in graph.used_beside(file) {
            if next == start {
                let back = std::iter::successors(Some(file), |file| before.get(file).copied());
                let mut way: Vec<usize> = std::iter::once(start).chain(back).collect();
                way.reverse();
                return Some(way);
            }
            before.entry(next).or_insert_with(|| {
                open.push_back(next);
                file
            });
        }
    }
    None
}
