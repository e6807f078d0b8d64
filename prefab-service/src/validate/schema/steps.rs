//! Counts the steps of a check without performing them.
//!
//! Equal checks are counted together, so counting takes at most one step per subschema and part of the value.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::graph::{Graph, MAX_DEPTH, Node};

/// The number of checks of a subschema at a part of a value.
#[derive(Clone, Copy, Default)]
struct Checks {
    /// Checks for errors.
    errors: usize,
    /// Checks for the result.
    result: usize,
    /// Checks for the properties and items that it evaluates.
    looks: usize,
    /// The longest chain of checks that led to it.
    depth: usize,
}

impl Checks {
    fn sum(self) -> usize {
        self.errors.saturating_add(self.result).saturating_add(self.looks)
    }

    fn add(&mut self, more: Self) {
        self.errors = self.errors.saturating_add(more.errors);
        self.result = self.result.saturating_add(more.result);
        self.looks = self.looks.saturating_add(more.looks);
        self.depth = self.depth.max(more.depth);
    }

    /// Returns the checks of a subschema for the same value.
    fn in_place(self, node: &Node, is_twice: bool) -> Self {
        let Self { errors, result, looks, depth } = self;
        let begun = if node.has_unevaluated { errors.saturating_add(result) } else { 0 };
        Self {
            errors,
            result: result.saturating_add(looks).saturating_add(if is_twice { errors } else { 0 }),
            looks: looks.saturating_add(begun),
            depth: depth + 1,
        }
    }
}

/// Returns whether a check of a value takes at most `most` steps, and fits the stack.
pub(super) fn are_within(graph: &Graph, value: &Json, most: usize) -> bool {
    if graph.nodes.is_empty() {
        return true;
    }
    let mut count = Count { graph, left: most };
    let root = Checks { errors: 1, ..Checks::default() };
    count.part(value, vec![(0, root)]).is_some()
}

struct Count<'g> {
    graph: &'g Graph,
    left: usize,
}

impl Count<'_> {
    /// Counts the checks of a part of the value and of its content. Returns `None` beyond the limit.
    fn part(&mut self, value: &Json, begun: Vec<(usize, Checks)>) -> Option<()> {
        let here = self.here(value, begun)?;
        match value {
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let begun = self.within(&here, |node| node.items.get(at).map(Vec::as_slice))?;
                    self.part(item, begun)?;
                }
            }
            Json::Object(fields) => {
                for (name, field) in fields {
                    let begun =
                        self.within(&here, |node| node.properties.get(&**name).map(std::slice::from_ref))?;
                    self.part(field, begun)?;
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Counts the checks of a part of the value. Returns the checks that continue in its content.
    fn here(&mut self, value: &Json, begun: Vec<(usize, Checks)>) -> Option<Vec<(usize, Checks)>> {
        let graph = self.graph;
        let mut waiting: BTreeMap<usize, (usize, Checks)> = BTreeMap::new();
        let add = |waiting: &mut BTreeMap<usize, (usize, Checks)>, index: usize, checks: Checks| {
            waiting.entry(graph.ranks[index]).or_insert((index, Checks::default())).1.add(checks);
        };
        for (index, checks) in begun {
            add(&mut waiting, index, checks);
        }
        let mut leading = Vec::new();
        // A subschema comes after all subschemas that lead to it.
        while let Some((_, (index, checks))) = waiting.pop_first() {
            let node = &graph.nodes[index];
            self.take(checks.sum().saturating_mul(steps(node, value)))?;
            if checks.depth > MAX_DEPTH {
                return None;
            }
            for edge in &node.in_place {
                add(&mut waiting, edge.to, checks.in_place(node, edge.is_twice));
            }
            if !(node.each.is_empty() && node.properties.is_empty() && node.items.is_empty()) {
                leading.push((index, checks));
            }
        }
        Some(leading)
    }

    fn within(
        &mut self,
        here: &[(usize, Checks)],
        exact: impl for<'n> Fn(&'n Node) -> Option<&'n [usize]>,
    ) -> Option<Vec<(usize, Checks)>> {
        let mut begun = Vec::new();
        for (index, checks) in here {
            let node = &self.graph.nodes[*index];
            self.take(1 + node.each.len())?;
            // Both kinds of checks continue unchanged; evaluating properties requires a result.
            let Checks { errors, result, looks, depth } = *checks;
            let result = result.saturating_add(looks);
            let checks = Checks { errors, result, looks: 0, depth: depth + 1 };
            begun.extend(exact(node).into_iter().flatten().chain(&node.each).map(|to| (*to, checks)));
        }
        Some(begun)
    }

    fn take(&mut self, steps: usize) -> Option<()> {
        self.left = self.left.checked_sub(steps)?;
        Some(())
    }
}

/// Returns the steps of one check of a subschema, without those of others.
fn steps(node: &Node, value: &Json) -> usize {
    let of_value = match value {
        Json::String(text) => text.len() / 64 + text.len() * node.eighths_per_byte / 64,
        Json::Object(fields) => fields.len().saturating_mul(node.steps_per_property),
        _ => 0,
    };
    1 + node.steps + of_value
}
