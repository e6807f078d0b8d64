//! Datafiles: the JSON form of a [`ConfigSet`].
//!
//! A datafile is proto3 JSON: 64-bit integers are strings, enums are names, field names are in camel case, and absent
//! fields have their default. The parser also accepts numbers instead of strings and names, snake case, and null for
//! absent fields. It ignores unknown fields. It skips an invalid config, reads the others, and reports a [`Finding`].
//!
//! # Examples
//!
//! ```
//! use prefab_core::datafile;
//!
//! let parsed = datafile::parse(r#"{"configs": [
//!     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]},
//!     {"id": "2", "key": "broken", "rows": [{"values": [{"value": {"int": "many"}}]}]}
//! ]}"#)?;
//! assert_eq!(parsed.set.configs.len(), 1);
//! assert_eq!(
//!     parsed.findings[0].to_string(),
//!     "config `broken`: `rows[0].values[0].value.int`: expected a 64-bit integer",
//! );
//! # Ok::<(), datafile::DatafileError>(())
//! ```

mod names;
mod object;
mod read;
mod read_value;
mod write;

use serde_json::Value as Json;

use crate::{Config, ConfigSet, ContextSet, encoding, json};

/// The content of a datafile, and its invalid configs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedDatafile {
    /// The valid configs.
    pub set: ConfigSet,
    /// One finding for each config that was skipped.
    pub findings: Vec<Finding>,
}

/// An invalid config in a datafile. The other configs are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config `{key}`: `{path}`: expected {expected}")]
pub struct Finding {
    /// The key of the config, or its position, for example `#3`, if it has no key.
    pub key: String,
    /// The path within the config, for example `rows[0].values[1].value.int`.
    pub path: String,
    /// The expected content.
    pub expected: String,
}

/// The error for a text that is not a datafile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatafileError {
    /// The text is not JSON.
    #[error("not JSON: line {line}, column {column}: {cause}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The message of the JSON parser.
        cause: String,
    },
    /// The JSON is not an object with configs.
    #[error("`{path}`: expected {expected}")]
    Shape {
        /// The path within the datafile.
        path: String,
        /// The expected content.
        expected: String,
    },
}

/// Parses a datafile.
///
/// # Errors
///
/// [`DatafileError`] if the text is not JSON or not an object with configs. Invalid configs are
/// [findings](ParsedDatafile::findings) instead.
///
/// # Examples
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
    let text = encoding::without_mark(text);
    let invalid = |error: serde_json::Error| DatafileError::Json {
        line: error.line(),
        column: error.column(),
        cause: without_place(&error),
    };
    // `serde_json` rejects JSON that is nested more than 128 levels deep.
    let json: Json = serde_json::from_str(text).map_err(invalid)?;
    let mut parsed = from_json(&json)?;
    let duplicates = json::duplicates(text).map_err(invalid)?;
    parsed.findings.extend(duplicates.into_iter().map(|path| duplicate(&json, path)));
    Ok(parsed)
}

/// Returns the finding for a field that is given twice. The last one applies.
fn duplicate(json: &Json, path: String) -> Finding {
    let expected = "the field once".to_owned();
    let in_config = path.strip_prefix("configs[").and_then(|rest| rest.split_once("]."));
    let config = in_config.and_then(|(at, field)| Some((at.parse::<usize>().ok()?, field)));
    match config {
        Some((at, field)) => {
            let key = json["configs"][at]["key"].as_str().map_or_else(|| format!("#{at}"), ToOwned::to_owned);
            Finding { key, path: field.to_owned(), expected }
        }
        None => Finding { key: "datafile".to_owned(), path, expected },
    }
}

/// Reads a datafile from parsed JSON.
///
/// # Errors
///
/// [`DatafileError::Shape`] if the JSON is not an object with configs.
///
/// # Examples
///
/// ```
/// use prefab_core::datafile;
/// let parsed = datafile::from_json(&serde_json::json!({"configs": []}))?;
/// assert!(parsed.set.configs.is_empty());
/// # Ok::<(), datafile::DatafileError>(())
/// ```
pub fn from_json(json: &Json) -> Result<ParsedDatafile, DatafileError> {
    read::config_set(json)
}

/// Reads one config from its JSON form.
///
/// # Errors
///
/// [`Finding`] with the path of the first invalid field.
///
/// # Examples
///
/// ```
/// use prefab_core::datafile;
/// let config = datafile::config_from_json(&serde_json::json!({"id": "7", "key": "max-jobs"}))?;
/// assert_eq!((config.id, &*config.key), (7, "max-jobs"));
/// # Ok::<(), datafile::Finding>(())
/// ```
pub fn config_from_json(json: &Json) -> Result<Config, Finding> {
    read::one_config(json)
}

/// Returns a config set as a datafile.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, ConfigSet, datafile};
///
/// let set = ConfigSet { configs: vec![Config::constant("max-jobs", 30)], ..ConfigSet::default() };
/// assert_eq!(datafile::from_json(&datafile::to_json(&set))?.set, set);
/// # Ok::<(), datafile::DatafileError>(())
/// ```
pub fn to_json(set: &ConfigSet) -> Json {
    write::config_set(set)
}

/// Returns the JSON form of one config.
///
/// # Examples
///
/// ```
/// use prefab_core::{Config, datafile};
/// let json = datafile::config_to_json(&Config::constant("max-jobs", 30));
/// assert_eq!(json["rows"][0]["values"][0]["value"]["int"], "30");
/// ```
pub fn config_to_json(config: &Config) -> Json {
    write::config(config)
}

/// Returns the JSON form of one value.
///
/// # Examples
///
/// ```
/// use prefab_core::datafile;
/// assert_eq!(datafile::value_to_json(&true.into()), serde_json::json!({"bool": true}));
/// ```
pub fn value_to_json(value: &crate::ConfigValue) -> Json {
    write::value(value)
}

/// Reads one value from its JSON form.
///
/// # Errors
///
/// [`Finding`] with the path of the first invalid field.
///
/// # Examples
///
/// ```
/// use prefab_core::{Value, datafile};
/// let value = datafile::value_from_json(&serde_json::json!({"int": "30"}))?;
/// assert_eq!(value.value, Value::Int(30));
/// # Ok::<(), datafile::Finding>(())
/// ```
pub fn value_from_json(json: &Json) -> Result<crate::ConfigValue, Finding> {
    read::one_value(json)
}

/// Returns contexts in the form of the datafile field `defaultContext`.
///
/// # Examples
///
/// ```
/// use prefab_core::{Context, datafile};
/// let json = datafile::contexts_to_json(&Context::new("user").with("key", "u-1").into());
/// assert_eq!(json["contexts"][0]["type"], "user");
/// ```
pub fn contexts_to_json(contexts: &ContextSet) -> Json {
    write::contexts(contexts)
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(cause, _)| cause.to_owned())
}

#[cfg(test)]
mod tests;
