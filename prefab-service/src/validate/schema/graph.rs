//! The graph of subschemas of a JSON Schema.
//!
//! A small schema can lead to exponentially many checks: each subschema may refer to the next one twice. The graph
//! counts them without performing them.

mod refs;

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use self::refs::Refs;

/// Maximum length of a chain of subschemas, so that checks fit the stack of a thread.
pub(super) const MAX_DEPTH: usize = 250;

/// Maximum number of edges. A reference to an anchor leads to every anchor with that name.
const MAX_EDGES: usize = 500_000;

const TOO_DEEP: &str = "the schema is nested too deeply";

/// A subschema.
#[derive(Default)]
pub(super) struct Node {
    /// Subschemas for the same value.
    pub(super) in_place: Vec<Edge>,
    /// Subschemas for one property of an object.
    pub(super) properties: HashMap<Box<str>, usize>,
    /// Subschemas for one item of an array, by its place.
    pub(super) items: Vec<Vec<usize>>,
    /// Subschemas for all properties or all items.
    pub(super) each: Vec<usize>,
    /// Whether it checks the properties or items that no other keyword has evaluated.
    pub(super) has_unevaluated: bool,
    /// Steps besides those of subschemas, such as one for each value of an `enum`.
    pub(super) steps: usize,
    /// Steps for each property, such as one for each pattern of `patternProperties`.
    pub(super) steps_per_property: usize,
    /// Steps for each byte of a text, in eighths.
    pub(super) eighths_per_byte: usize,
}

/// A subschema for the same value.
pub(super) struct Edge {
    pub(super) to: usize,
    /// Whether it is checked twice: for its result, then for its errors.
    pub(super) is_twice: bool,
}

/// The subschemas that a schema leads to. The first one is the schema itself.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// The rank of each node. A subschema for the same value has a higher rank than the subschemas that lead to it.
    pub(super) ranks: Vec<usize>,
    pub(super) patterns: usize,
}

impl Graph {
    /// Reads a schema.
    ///
    /// # Errors
    ///
    /// The reason for a refusal: more than `most` subschemas, a reference to another document, or a reference to itself for
    /// the same value.
    pub(super) fn of(schema: &Json, most: usize) -> Result<Self, String> {
        let refs = Refs::of(schema);
        let mut builder = Builder { most, ..Builder::default() };
        builder.node(schema);
        while let Some((index, fields)) = builder.waiting.pop() {
            builder.read(index, fields, &refs)?;
        }
        let Builder { nodes, patterns, .. } = builder;
        let mut graph = Self { ranks: vec![0; nodes.len()], nodes, patterns };
        graph.rank()?;
        Ok(graph)
    }

    /// Counts the subschemas with all references expanded, up to one more than `most`. Recursion counts once.
    ///
    /// # Errors
    ///
    /// The schema is nested too deeply.
    pub(super) fn expanded(&self, most: usize) -> Result<usize, String> {
        // `true` and `false` are schemas without keywords. Anything else is refused when it is compiled.
        if self.nodes.is_empty() {
            return Ok(1);
        }
        let mut counted = vec![Visit::New; self.nodes.len()];
        self.count(0, most, 0, &mut counted)
    }

    fn count(
        &self,
        index: usize,
        most: usize,
        depth: usize,
        counted: &mut Vec<Visit>,
    ) -> Result<usize, String> {
        match counted[index] {
            Visit::Done(count) => return Ok(count),
            Visit::Open => return Ok(1),
            Visit::New if depth > MAX_DEPTH => return Err(TOO_DEEP.to_owned()),
            Visit::New => counted[index] = Visit::Open,
        }
        let node = &self.nodes[index];
        let within = node.properties.values().chain(&node.each).copied();
        let within = within.chain(node.items.iter().flatten().copied());
        let mut count: usize = 1;
        for to in node.in_place.iter().map(|edge| edge.to).chain(within) {
            count = count.saturating_add(self.count(to, most, depth + 1, counted)?).min(most + 1);
        }
        counted[index] = Visit::Done(count);
        Ok(count)
    }

    fn rank(&mut self) -> Result<(), String> {
        let mut visits = vec![Visit::New; self.nodes.len()];
        let mut order = Vec::with_capacity(self.nodes.len());
        for index in 0..self.nodes.len() {
            self.finish(index, 0, &mut visits, &mut order)?;
        }
        for (rank, index) in order.into_iter().rev().enumerate() {
            self.ranks[index] = rank;
        }
        Ok(())
    }

    fn finish(
        &self,
        index: usize,
        depth: usize,
        visits: &mut Vec<Visit>,
        order: &mut Vec<usize>,
    ) -> Result<(), String> {
        match visits[index] {
            Visit::Done(_) => return Ok(()),
            Visit::Open => {
                return Err("the schema refers back to itself for the same value".to_owned());
            }
            Visit::New if depth > MAX_DEPTH => return Err(TOO_DEEP.to_owned()),
            Visit::New => visits[index] = Visit::Open,
        }
        for edge in &self.nodes[index].in_place {
            self.finish(edge.to, depth + 1, visits, order)?;
        }
        visits[index] = Visit::Done(0);
        order.push(index);
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Visit {
    New,
    Open,
    Done(usize),
}

#[derive(Default)]
struct Builder<'s> {
    nodes: Vec<Node>,
    /// The nodes by the address of their JSON.
    known: HashMap<*const Json, usize>,
    waiting: Vec<(usize, &'s Map<String, Json>)>,
    patterns: usize,
    edges: usize,
    most: usize,
}

impl<'s> Builder<'s> {
    /// Returns the node of a subschema, or `None` for `true` and `false`, which cost nothing.
    fn node(&mut self, schema: &'s Json) -> Option<usize> {
        let fields = schema.as_object()?;
        let index = *self.known.entry(std::ptr::from_ref(schema)).or_insert_with(|| {
            self.nodes.push(Node::default());
            self.waiting.push((self.nodes.len() - 1, fields));
            self.nodes.len() - 1
        });
        self.edges += 1;
        Some(index)
    }

    fn read(&mut self, index: usize, fields: &'s Map<String, Json>, refs: &Refs<'s>) -> Result<(), String> {
        for (keyword, value) in fields {
            self.keyword(index, keyword, value, refs)?;
            if self.nodes.len() > self.most || self.edges > MAX_EDGES {
                return Err(too_large(self.most));
            }
        }
        Ok(())
    }

    fn keyword(
        &mut self,
        index: usize,
        keyword: &str,
        value: &'s Json,
        refs: &Refs<'s>,
    ) -> Result<(), String> {
        match keyword {
            "$ref" | "$dynamicRef" | "$recursiveRef" => {
                let Some(text) = value.as_str() else { return Ok(()) };
                let targets = refs.targets(keyword, text, value)?;
                // Limited here as well, because each target is an edge.
                for target in targets.into_iter().take(MAX_EDGES) {
                    self.in_place(index, target, false);
                }
            }
            "anyOf" | "oneOf" => list(value).for_each(|to| self.in_place(index, to, true)),
            "allOf" => list(value).for_each(|to| self.in_place(index, to, false)),
            "not" | "if" | "then" | "else" => self.in_place(index, value, false),
            "dependentSchemas" | "dependencies" => {
                fields(value).for_each(|(_, to)| self.in_place(index, to, false));
            }
            "properties" => {
                for (name, to) in fields(value) {
                    let to = self.node(to);
                    self.nodes[index].properties.extend(to.map(|to| (name.as_str().into(), to)));
                }
            }
            "patternProperties" => {
                for (pattern, to) in fields(value) {
                    self.nodes[index].steps_per_property += pattern_steps(pattern);
                    self.patterns += 1;
                    self.each(index, to);
                }
            }
            "prefixItems" | "items" if value.is_array() => {
                for (at, to) in list(value).enumerate() {
                    let to = self.node(to);
                    let items = &mut self.nodes[index].items;
                    if items.len() <= at {
                        items.push(Vec::new());
                    }
                    items[at].extend(to);
                }
            }
            "unevaluatedProperties" | "unevaluatedItems" => {
                self.nodes[index].has_unevaluated = true;
                self.each(index, value);
            }
            "additionalProperties" | "propertyNames" | "items" | "additionalItems" | "contains" => {
                self.each(index, value);
            }
            "pattern" => {
                self.patterns += 1;
                let node = &mut self.nodes[index];
                node.steps += value.as_str().map_or(0, pattern_steps);
                node.eighths_per_byte += 8;
            }
            // Some formats compile the text as a pattern.
            "format" => self.nodes[index].eighths_per_byte += 8,
            "enum" | "const" | "required" | "dependentRequired" => self.nodes[index].steps += size(value),
            _ => {}
        }
        Ok(())
    }

    fn in_place(&mut self, index: usize, schema: &'s Json, is_twice: bool) {
        let to = self.node(schema);
        self.nodes[index].in_place.extend(to.map(|to| Edge { to, is_twice }));
    }

    fn each(&mut self, index: usize, schema: &'s Json) {
        let to = self.node(schema);
        self.nodes[index].each.extend(to);
    }
}

pub(super) fn too_large(most: usize) -> String {
    format!("the schema is too large: with its references expanded it has more than {most} nodes")
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn fields(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

/// Counts the values in a value.
fn size(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Json::Object(fields) => fields.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}

/// Returns the cost of a pattern. Patterns with look-around or back-references are matched by backtracking, which has its
/// own limit.
fn pattern_steps(pattern: &str) -> usize {
    let looks = ["(?=", "(?!", "(?<", "(?>"].iter().any(|group| pattern.contains(group));
    let refers = pattern.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit());
    if looks || refers || pattern.contains("\\k") { 1_000 } else { 4 }
}
