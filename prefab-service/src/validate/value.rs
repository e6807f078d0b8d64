//! What is wrong with one value, and where in its text? For those who are still typing.

use prefab_core::{Config, ConfigType, ConfigValue, SchemaType, Value};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::schema::{self, Checker, Deviation};
use crate::{limits::Limits, project::Configs};

/// Something wrong with a value.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueProblem {
    /// Where in the JSON, as a JSON pointer; nothing where the text is no JSON.
    #[schema(example = "/limits/0")]
    pointer: Option<String>,
    /// The line of the text, from 1; only where the text is no JSON.
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

/// Lists what is wrong with a value that is to follow a schema, if one is named.
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
            Err(flaw) => vec![flaw],
        },
        Value::Schema(schema) if schema.schema_type == SchemaType::JsonSchema => {
            let json = match parse(&schema.schema) {
                Ok(json) => json,
                Err(flaw) => return vec![flaw],
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
        return vec![ValueProblem::whole(format!("there is no schema `{key}`"))];
    };
    let checker = match schema::checker(schema, limits) {
        None => return Vec::new(),
        Some(Ok(checker)) => checker,
        // A version from before the limits may have stored it.
        Some(Err(problem)) => {
            return vec![ValueProblem::whole(format!("schema `{key}` is skipped: {problem}"))];
        }
    };
    let Some(json) = schema::instance(&value.value) else { return Vec::new() };
    schema::within(&json, value.confidential, &checker).into_iter().map(ValueProblem::from).collect()
}

fn parse(text: &str) -> Result<Json, ValueProblem> {
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let message = said.split(" at line ").next().unwrap_or(&said).to_owned();
        ValueProblem { pointer: None, line: Some(error.line()), message }
    })
}
