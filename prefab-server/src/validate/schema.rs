//! Do JSON values follow their schema?
//!
//! Only schemas in JSON Schema are asked; one in Zod is code, which is for the clients to run.

use std::collections::HashMap;

use jsonschema::Validator;
use prefab_core::{Config, ConfigType, ConfigValue, SchemaType, Value};
use serde_json::Value as Json;

use crate::project::Configs;

/// How many deviations of one value are told.
const MOST: usize = 5;

/// Schemas by their keys, made once for all configs that are checked with them.
#[derive(Default)]
pub(crate) struct Schemas {
    validators: HashMap<String, Option<Validator>>,
}

impl Schemas {
    /// Lists where a config does not follow its schema, or where others would not follow it, if it is one.
    pub(super) fn problems(&mut self, config: &Config, standing: &Configs) -> Vec<String> {
        if config.config_type == ConfigType::Schema {
            self.validators.remove(&config.key);
            return of_schema(config, standing);
        }
        let Some(key) = &config.schema_key else { return Vec::new() };
        let schema = standing.get(key).and_then(|version| version.config.as_ref());
        let Some(schema) = schema.filter(|schema| schema.config_type == ConfigType::Schema) else {
            return vec![format!("`schemaKey`: there is no schema `{key}`")];
        };
        // A schema that cannot be used was told when it was stored, or came here before it was asked.
        let known = self.validators.entry(key.clone());
        let known = known.or_insert_with(|| validator(schema).and_then(Result::ok));
        known.as_ref().map(|validator| deviations(config, validator)).unwrap_or_default()
    }
}

fn of_schema(schema: &Config, standing: &Configs) -> Vec<String> {
    let validator = match validator(schema) {
        None => return Vec::new(),
        Some(Err(problem)) => return vec![problem],
        Some(Ok(validator)) => validator,
    };
    let users = standing.values().filter_map(|version| version.config.as_ref());
    let users = users.filter(|user| user.schema_key.as_ref() == Some(&schema.key));
    users
        .flat_map(|user| {
            let deviations = deviations(user, &validator).into_iter();
            deviations.map(|deviation| format!("config `{}` would not follow it: {deviation}", user.key))
        })
        .collect()
}

/// Returns what checks values, if the schema is in JSON Schema.
pub(super) fn validator(config: &Config) -> Option<Result<Validator, String>> {
    let values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    let mut texts = values.filter_map(|value| match &value.value {
        Value::Schema(schema) if schema.schema_type == SchemaType::JsonSchema => Some(&schema.schema),
        _ => None,
    });
    let text = texts.next()?;
    Some(serde_json::from_str(text).map_err(|error| format!("the schema is not JSON: {error}")).and_then(
        |json: Json| {
            jsonschema::validator_for(&json)
                .map_err(|error| format!("the schema is not JSON Schema: {error}"))
        },
    ))
}

fn deviations(config: &Config, validator: &Validator) -> Vec<String> {
    let mut found = Vec::new();
    for (row_at, row) in config.rows.iter().enumerate() {
        for (rule_at, rule) in row.values.iter().enumerate() {
            let place = format!("rows[{row_at}].values[{rule_at}].value");
            rule.value.iter().for_each(|value| look(value, &place, validator, &mut found));
        }
    }
    found
}

fn look(value: &ConfigValue, place: &str, validator: &Validator, found: &mut Vec<String>) {
    match &value.value {
        Value::Weighted(weighted) => {
            for (at, choice) in weighted.values.iter().enumerate() {
                let place = format!("{place}.weightedValues.weightedValues[{at}].value");
                look(&choice.value, &place, validator, found);
            }
        }
        // Nobody here can read what is encrypted.
        value_ if value.encrypted_with().is_none() => {
            let Some(json) = instance(value_) else { return };
            let field = if matches!(value_, Value::Json(_)) { "json" } else { "string" };
            for Deviation { pointer, message } in within(&json, value.confidential, validator) {
                let pointer = if pointer.is_empty() { pointer } else { format!(" at {pointer}") };
                found.push(format!("`{place}.{field}`{pointer}: {message}"));
            }
        }
        _ => {}
    }
}

/// Where in a value something is not as its schema says.
pub(super) struct Deviation {
    /// The place, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// Returns what of a value a schema is about. A text that holds JSON is taken for what it holds.
pub(super) fn instance(value: &Value) -> Option<Json> {
    match value {
        // What is no JSON at all is told elsewhere.
        Value::Json(text) => serde_json::from_str(text).ok(),
        Value::String(text) => {
            let held = Some(text.trim_start()).filter(|text| text.starts_with(['{', '[']));
            held.and_then(|text| serde_json::from_str(text).ok()).or_else(|| Some(text.as_str().into()))
        }
        _ => None,
    }
}

/// Lists where JSON does not follow a schema.
pub(super) fn within(json: &Json, is_confidential: bool, validator: &Validator) -> Vec<Deviation> {
    let errors = validator.iter_errors(json).take(MOST);
    let deviation = |error: jsonschema::ValidationError<'_>| Deviation {
        pointer: error.instance_path().to_string(),
        // What a secret holds must not come back in an error.
        message: if is_confidential { "it does not follow the schema".to_owned() } else { error.to_string() },
    };
    errors.map(deviation).collect()
}
