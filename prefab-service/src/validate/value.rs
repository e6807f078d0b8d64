//! Validation of a single value, for editors.

use prefab_core::{Config, ConfigType, ConfigValue, SchemaType, Value};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::schema::{self, Checker, Deviation};
use crate::{limits::Limits, project::Configs};

/// A problem of a value.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueProblem {
    /// The place in the JSON, as a JSON pointer; null if the text is not JSON.
    #[schema(example = "/limits/0")]
    pointer: Option<String>,
    /// The line in the text, starting at 1; only if the text is not JSON.
    line: Option<usize>,
    /// What is wrong.
    #[schema(example = "\"many\" is not of type \"integer\"")]
    message: String,
}

impl From<Deviation> for ValueProblem {
    fn from(Deviation { pointer, message }: Deviation) -> Self {
        Self { pointer: Some(pointer), line: None, message }
    }
}

impl ValueProblem {
    fn whole(message: String) -> Self {
        Self { pointer: Some(String::new()), line: None, message }
    }
}

/// Lists the problems of a value, and where it does not match its schema if `schema_key` is given.
pub fn check_value(
    value: &ConfigValue,
    schema_key: Option<&str>,
    current: &Configs,
    limits: &Limits,
) -> Vec<ValueProblem> {
    if value.encrypted_with().is_some() {
        return Vec::new();
    }
    match &value.value {
        Value::Json(text) => match parse(text) {
            Ok(_) => of_schema(value, schema_key, current, limits),
            Err(problem) => vec![problem],
        },
        Value::Schema(schema) if schema.schema_type == SchemaType::JsonSchema => {
            let json = match parse(&schema.schema) {
                Ok(json) => json,
                Err(problem) => return vec![problem],
            };
            Checker::new(&json, limits).err().into_iter().map(ValueProblem::from).collect()
        }
        _ => of_schema(value, schema_key, current, limits),
    }
}

fn of_schema(
    value: &ConfigValue,
    schema_key: Option<&str>,
    current: &Configs,
    limits: &Limits,
) -> Vec<ValueProblem> {
    let Some(key) = schema_key else { return Vec::new() };
    let schema = current.get(key).and_then(|version| version.config.as_ref());
    let Some(schema) = schema.filter(|schema: &&Config| schema.config_type == ConfigType::Schema) else {
        return vec![ValueProblem::whole(format!("schema `{key}` does not exist"))];
    };
    let checker = match schema::checker(schema, limits) {
        None => return Vec::new(),
        Some(Ok(checker)) => checker,
        // A version without these limits may have stored the schema.
        Some(Err(problem)) => {
            return vec![ValueProblem::whole(format!("schema `{key}` is skipped: {problem}"))];
        }
    };
    let Some(json) = schema::instance(&value.value) else { return Vec::new() };
    schema::within(&json, &checker).into_iter().map(ValueProblem::from).collect()
}

fn parse(text: &str) -> Result<Json, ValueProblem> {
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        ValueProblem { pointer: None, line: Some(error.line()), message }
    })
}
