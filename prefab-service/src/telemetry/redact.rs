//! The stored form of values and contexts: JSON, with secrets redacted.

use prefab_core::{ConfigValue, Context, ContextSet, ContextValue, Value, datafile, redact};
use prefab_proto::wire;
use serde_json::{Map, Value as Json, json};

use crate::{confidential, project::Project};

/// Returns whether a config has a secret value. The Go client reports secret values in clear text, and Python and Java
/// report values of environment variables. The values of an archived config are unknown, so it counts as secret.
pub(super) fn is_secret(project: &Project, key: &str) -> bool {
    let Some(version) = project.config(key) else { return true };
    version.config.as_ref().is_none_or(confidential::is_secret)
}

/// Returns the JSON of a value: redacted if it is secret, and truncated if it has more than `longest` bytes.
pub(super) fn redacted_json(value: wire::ConfigValue, secret: bool, longest: usize) -> String {
    let secret = secret || value.confidential.unwrap_or_default() || value.decrypt_with.is_some();
    let Ok(mut value) = ConfigValue::try_from(value) else { return String::new() };
    if secret {
        let text = match value.value {
            Value::String(text) | Value::Json(text) | Value::Duration(text) => text,
            other => datafile::value_to_json(&other.into()).to_string(),
        };
        let redacted = if text.starts_with("*****") { text } else { redact(&text) };
        value = Value::String(redacted).into();
    }
    let text = datafile::value_to_json(&value).to_string();
    if text.len() <= longest {
        return text;
    }
    let beginning: String = text.chars().take(longest / 4).chain(['…']).collect();
    json!({ "string": beginning }).to_string()
}

pub(super) fn contexts_to_json(contexts: &ContextSet) -> Json {
    let properties = |context: &Context| -> Map<String, Json> {
        context.properties().map(|(name, value)| (name.to_owned(), context_value_to_json(value))).collect()
    };
    let contexts = contexts.iter();
    contexts.map(|context| (context.name().to_owned(), Json::Object(properties(context)))).collect()
}

fn context_value_to_json(value: &ContextValue) -> Json {
    match value {
        ContextValue::Null => Json::Null,
        ContextValue::String(text) => text.as_str().into(),
        ContextValue::Int(int) => (*int).into(),
        ContextValue::Double(double) => (*double).into(),
        ContextValue::Bool(bool) => (*bool).into(),
        ContextValue::StringList(list) => json!(list),
    }
}

/// Returns whether context properties can have the value type with this number.
pub(super) fn is_kind(number: i32) -> bool {
    matches!(number, 1 | 2 | 4 | 5 | 10)
}

pub(super) fn number(value: &ContextValue) -> i32 {
    match value {
        ContextValue::Int(_) => 1,
        ContextValue::String(_) | ContextValue::Null => 2,
        ContextValue::Double(_) => 4,
        ContextValue::Bool(_) => 5,
        ContextValue::StringList(_) => 10,
    }
}
