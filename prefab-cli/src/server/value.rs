//! Values: parsed from the command line, and described for people.

use anyhow::{Context as _, bail};
use prefab_management_api::{FlatValue, Item, ValueKind};
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{cut, one_line},
};

/// Parses a value of a type from the command line.
pub(crate) fn parse_value(kind: ValueKind, text: &str) -> Result<FlatValue, Failure> {
    parse(kind, text).map(|value| FlatValue::new(kind, value)).map_err(Failure::Usage)
}

fn parse(kind: ValueKind, text: &str) -> anyhow::Result<Json> {
    Ok(match kind {
        ValueKind::Bool => match text {
            "true" => json!(true),
            "false" => json!(false),
            _ => bail!("invalid value \"{text}\": expected true or false"),
        },
        ValueKind::Int => {
            text.parse::<i64>()
                .ok()
                .with_context(|| format!("invalid value \"{text}\": expected an integer"))?;
            json!(text)
        }
        ValueKind::Double => {
            let number = text.parse::<f64>().ok();
            json!(number.with_context(|| format!("invalid value \"{text}\": expected a number"))?)
        }
        ValueKind::StringList => match serde_json::from_str::<Vec<String>>(text) {
            Ok(list) => json!(list),
            Err(_) => {
                json!(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>())
            }
        },
        ValueKind::Json => {
            prefab_core::json::check(text)
                .with_context(|| format!("invalid value `{text}`: expected JSON"))?;
            // The text keeps long integers, fractions such as 1.10 and the order of fields.
            json!(text)
        }
        ValueKind::Duration => json!(super::duration::to_iso(text)?),
        ValueKind::LogLevel => json!(text.to_uppercase()),
        _ => json!(text),
    })
}

/// Returns the type of an item's values.
pub(crate) fn kind_of(item: &Item) -> ValueKind {
    let first = item.default.rules.first().map(|rule| rule.value.kind);
    item.value_type.or(first).unwrap_or(ValueKind::String)
}

/// The maximum length of a described value, in characters.
const MAX_DESCRIPTION: usize = 200;

/// Describes a value for people, in one line.
pub(crate) fn describe_value(value: &FlatValue) -> String {
    if value.decrypt_with.is_some() {
        return "[encrypted]".to_owned();
    }
    if value.confidential {
        return "[confidential]".to_owned();
    }
    match value.kind {
        ValueKind::WeightedValues => {
            let choices = value.value.as_array().map(Vec::as_slice).unwrap_or_default();
            let total: f64 = choices.iter().filter_map(|choice| choice["weight"].as_f64()).sum();
            let share = |choice: &Json| {
                let part = choice["weight"].as_f64().unwrap_or_default() / total.max(1.0) * 100.0;
                let value = serde_json::from_value(choice["value"].clone());
                let value =
                    value.map_or_else(|_| choice["value"].to_string(), |value| describe_value(&value));
                format!("{}% {value}", (part * 100.0).round() / 100.0)
            };
            choices.iter().map(share).collect::<Vec<_>>().join(", ")
        }
        ValueKind::Provided => format!("${}", value.value["lookup"].as_str().unwrap_or("?")),
        _ => match &value.value {
            Json::String(text) => cut(&one_line(text), MAX_DESCRIPTION),
            other => cut(&other.to_string(), MAX_DESCRIPTION),
        },
    }
}
