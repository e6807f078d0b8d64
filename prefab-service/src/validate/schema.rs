//! Validation of JSON values against JSON Schema.
//!
//! Zod schemas are not checked, because they are code that only clients can run.

mod graph;
mod steps;

use std::collections::HashMap;

use jsonschema::{PatternOptions, Validator};
use prefab_core::{Config, ConfigType, ConfigValue, SchemaType, Value};
use serde_json::Value as Json;

use self::graph::Graph;
use crate::{Problem, ProblemCode, limits::Limits, project::Configs};

/// Maximum number of reported deviations per value.
const MAX_DEVIATIONS: usize = 5;

/// Maximum size of one compiled pattern of a schema, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Maximum number of backtracking steps, after which a pattern counts as not matching.
const BACKTRACK_LIMIT: usize = 10_000;

/// Compiled schemas by key, shared by all configs of one validation.
pub struct Schemas<'l> {
    limits: &'l Limits,
    checkers: HashMap<String, Option<Checker>>,
}

impl<'l> Schemas<'l> {
    /// Creates an empty set of schemas, checked within these limits.
    pub fn new(limits: &'l Limits) -> Self {
        Self { limits, checkers: HashMap::new() }
    }

    /// Lists where a config does not match its schema. For a schema, lists where other configs would not match it.
    pub(super) fn problems(&mut self, config: &Config, current: &Configs) -> Vec<Problem> {
        if config.config_type == ConfigType::Schema {
            self.checkers.remove(&config.key);
            return of_schema(config, current, self.limits);
        }
        let Some(key) = &config.schema_key else { return Vec::new() };
        let schema = current.get(key).and_then(|version| version.config.as_ref());
        let Some(schema) = schema.filter(|schema| schema.config_type == ConfigType::Schema) else {
            let message = format!("schema `{key}` does not exist");
            return vec![Problem::at("schemaKey", ProblemCode::Unknown, message)];
        };
        // An unusable schema was reported when it was stored, or was stored before schemas were validated.
        let known = self.checkers.entry(key.clone());
        let known = known.or_insert_with(|| checker(schema, self.limits).and_then(Result::ok));
        known.as_ref().map(|checker| deviations(config, checker)).unwrap_or_default()
    }
}

/// A compiled schema, and the cost of a check with it.
pub(super) struct Checker {
    validator: Validator,
    graph: Graph,
    steps: usize,
}

impl Checker {
    /// Compiles a schema that is within the limits.
    pub(super) fn new(json: &Json, limits: &Limits) -> Result<Self, Deviation> {
        let whole = |message: String| Deviation { pointer: String::new(), message };
        let graph = Graph::of(json, limits.schema_nodes).map_err(whole)?;
        if graph.expanded(limits.schema_nodes).map_err(whole)? > limits.schema_nodes {
            return Err(whole(graph::too_large(limits.schema_nodes)));
        }
        if graph.patterns > limits.patterns_per_config {
            let (most, count) = (limits.patterns_per_config, graph.patterns);
            return Err(whole(format!("the schema has {count} patterns; expected at most {most}")));
        }
        // Patterns share one budget.
        let size = (limits.pattern_bytes_per_config / graph.patterns.max(1)).min(PATTERN_BYTES);
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(BACKTRACK_LIMIT)
            .size_limit(size)
            .dfa_size_limit(size);
        let validator = jsonschema::options().with_pattern_options(patterns).build(json);
        let validator = validator.map_err(|error| Deviation {
            pointer: error.instance_path().to_string(),
            message: format!("the schema is not JSON Schema: {error}"),
        })?;
        Ok(Self { validator, graph, steps: limits.schema_steps })
    }
}

fn of_schema(schema: &Config, current: &Configs, limits: &Limits) -> Vec<Problem> {
    let checker = match checker(schema, limits) {
        None => return Vec::new(),
        Some(Err(problem)) => return vec![Problem::at("", ProblemCode::Schema, problem)],
        Some(Ok(checker)) => checker,
    };
    let users = current.values().filter_map(|version| version.config.as_ref());
    let users = users.filter(|user| user.schema_key.as_ref() == Some(&schema.key));
    users
        .flat_map(|user| {
            let deviations = deviations(user, &checker).into_iter();
            let text = |deviation| format!("config `{}` would not match it: {deviation}", user.key);
            deviations.map(move |deviation| Problem::at("", ProblemCode::Schema, text(deviation)))
        })
        .collect()
}

/// Compiles a schema. Returns `None` if it is not in JSON Schema.
pub(super) fn checker(config: &Config, limits: &Limits) -> Option<Result<Checker, String>> {
    let values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    let mut texts = values.filter_map(|value| match &value.value {
        Value::Schema(schema) if schema.schema_type == SchemaType::JsonSchema => Some(&schema.schema),
        _ => None,
    });
    let json =
        serde_json::from_str(texts.next()?).map_err(|error| format!("the schema is not JSON: {error}"));
    Some(json.and_then(|json: Json| Checker::new(&json, limits).map_err(|deviation| deviation.message)))
}

fn deviations(config: &Config, checker: &Checker) -> Vec<Problem> {
    let mut found = Vec::new();
    for (row_at, row) in config.rows.iter().enumerate() {
        for (rule_at, rule) in row.values.iter().enumerate() {
            let place = format!("rows[{row_at}].values[{rule_at}].value");
            rule.value.iter().for_each(|value| look(value, &place, checker, &mut found));
        }
    }
    found
}

fn look(value: &ConfigValue, place: &str, checker: &Checker, found: &mut Vec<Problem>) {
    match &value.value {
        Value::Weighted(weighted) => {
            for (at, choice) in weighted.values.iter().enumerate() {
                let place = format!("{place}.weightedValues.weightedValues[{at}].value");
                look(&choice.value, &place, checker, found);
            }
        }
        // Encrypted values cannot be checked. The result for a confidential value would reveal it to a caller who may change
        // schemas, but not read the value.
        value_ if !value.is_secret() => {
            let Some(json) = instance(value_) else { return };
            let field = if matches!(value_, Value::Json(_)) { "json" } else { "string" };
            for Deviation { pointer, message } in within(&json, checker) {
                let problem = Problem::at(format!("{place}.{field}"), ProblemCode::Schema, message);
                found.push(Problem { pointer, ..problem });
            }
        }
        _ => {}
    }
}

/// A place at which a value does not match its schema.
pub(super) struct Deviation {
    /// The place, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// Returns the JSON that a schema applies to. A string that contains a JSON object or array is parsed.
pub(super) fn instance(value: &Value) -> Option<Json> {
    match value {
        // Invalid JSON is reported elsewhere.
        Value::Json(text) => serde_json::from_str(text).ok(),
        Value::String(text) => {
            let held = Some(text.trim_start()).filter(|text| text.starts_with(['{', '[']));
            held.and_then(|text| serde_json::from_str(text).ok()).or_else(|| Some(text.as_str().into()))
        }
        _ => None,
    }
}

/// Lists where JSON does not match a schema.
pub(super) fn within(json: &Json, checker: &Checker) -> Vec<Deviation> {
    if !steps::are_within(&checker.graph, json, checker.steps) {
        let message = format!(
            "the value is too large for its schema: checking it takes more than {} steps",
            checker.steps
        );
        return vec![Deviation { pointer: String::new(), message }];
    }
    let errors = checker.validator.iter_errors(json).take(MAX_DEVIATIONS);
    let deviation = |error: jsonschema::ValidationError<'_>| Deviation {
        pointer: error.instance_path().to_string(),
        message: error.to_string(),
    };
    errors.map(deviation).collect()
}

#[cfg(test)]
mod tests;
