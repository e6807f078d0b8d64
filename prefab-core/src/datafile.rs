//! The datafile: a [`ConfigSet`] as JSON, in both directions.
//!
//! The form is proto3 JSON: 64-bit integers are texts, enums are names, fields are in camel case, absent
//! fields have their default. Reading accepts what proto3 JSON accepts (numbers for texts, numbers for
//! names, snake case, null for absent) and ignores fields it does not know. One bad config costs that
//! config: it is left out and reported as a [`Finding`].

mod read;
mod write;

use serde_json::Value as Json;

use crate::{Config, ConfigSet, ContextSet};

/// A datafile's content and what was wrong with parts of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedDatafile {
    /// What could be read.
    pub set: ConfigSet,
    /// What could not.
    pub findings: Vec<Finding>,
}

/// Something in a datafile that could not be read; the rest of the file stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config `{key}`: `{path}`: expected {expected}")]
pub struct Finding {
    /// The key of the config, or its position where it has none.
    pub key: String,
    /// The place within it: `rows[0].values[1].value.int`.
    pub path: String,
    /// What belongs there.
    pub expected: String,
}

/// A text that is not a datafile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatafileError {
    /// The text is not JSON.
    #[error("not JSON: line {line}, column {column}: {cause}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The cause.
        cause: String,
    },
    /// The JSON is not an object with configs.
    #[error("`{path}`: expected {expected}")]
    Shape {
        /// The place.
        path: String,
        /// What belongs there.
        expected: String,
    },
}

/// Parses a datafile.
///
/// ```
/// let parsed = prefab_core::datafile::parse(r#"{
///     "configs": [{"id": "17", "key": "greeting", "configType": "CONFIG", "valueType": "STRING",
///                  "rows": [{"values": [{"value": {"string": "hello"}}]}]}],
///     "configServicePointer": {"projectId": "1", "projectEnvId": "5"}
/// }"#)?;
/// assert_eq!(parsed.set.configs[0].id, 17);
/// assert!(parsed.findings.is_empty());
/// # Ok::<(), prefab_core::datafile::DatafileError>(())
/// ```
pub fn parse(text: &str) -> Result<ParsedDatafile, DatafileError> {
    // `serde_json` refuses nesting deeper than 128 by itself.
    let json: Json = serde_json::from_str(text).map_err(|error| DatafileError::Json {
        line: error.line(),
        column: error.column(),
        cause: without_place(&error),
    })?;
    from_json(&json)
}

/// Reads a datafile from parsed JSON.
pub fn from_json(json: &Json) -> Result<ParsedDatafile, DatafileError> {
    read::config_set(json)
}

/// Reads one config from its JSON form.
pub fn config_from_json(json: &Json) -> Result<Config, Finding> {
    read::one_config(json)
}

/// Writes a datafile.
pub fn to_json(set: &ConfigSet) -> Json {
    write::config_set(set)
}

/// Writes one config.
pub fn config_to_json(config: &Config) -> Json {
    write::config(config)
}

/// Writes one value.
pub fn value_to_json(value: &crate::ConfigValue) -> Json {
    write::value(value)
}

/// Reads one value; the error names the place within it.
pub fn value_from_json(json: &Json) -> Result<crate::ConfigValue, Finding> {
    read::one_value(json)
}

/// Writes contexts as a datafile's `defaultContext`.
pub fn contexts_to_json(contexts: &ContextSet) -> Json {
    write::contexts(contexts)
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(cause, _)| cause.to_owned())
}

#[cfg(test)]
mod tests;
