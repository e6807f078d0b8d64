//! Values, from the command line and for people.

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{cut, one_line},
};

/// Makes a value of a kind from the text of a command line.
pub(crate) fn flat(kind: &str, text: &str) -> Result<Json, Failure> {
    typed(kind, text).map_err(Failure::Wrong)
}

fn typed(kind: &str, text: &str) -> anyhow::Result<Json> {
    let value = match kind {
        "bool" => match text {
            "true" => json!(true),
            "false" => json!(false),
            _ => bail!("\"{text}\": expected true or false"),
        },
        "int" => {
            text.parse::<i64>().ok().with_context(|| format!("\"{text}\": expected a whole number"))?;
            json!(text)
        }
        "double" => {
            json!(text.parse::<f64>().ok().with_context(|| format!("\"{text}\": expected a number"))?)
        }
        "string_list" => match serde_json::from_str::<Vec<String>>(text) {
            Ok(list) => json!(list),
            Err(_) => {
                json!(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>())
            }
        },
        "json" => serde_json::from_str(text).with_context(|| format!("`{text}`: expected JSON"))?,
        "log_level" => json!(text.to_uppercase()),
        _ => json!(text),
    };
    Ok(json!({"type": kind, "value": value}))
}

/// Returns the kind of value that an item has.
pub(crate) fn kind_of(item: &Json) -> &str {
    let first = &item["default"]["rules"][0]["value"]["type"];
    item["valueType"].as_str().or(first.as_str()).unwrap_or("string")
}

/// How much of a value is said.
const MOST: usize = 200;

/// Says a flat value in words, in one line that is not too long. It is for people: no value is made from it again.
pub(crate) fn words(value: &Json) -> String {
    let inner = &value["value"];
    if value["decryptWith"].is_string() {
        return "[encrypted]".to_owned();
    }
    if value["confidential"] == true {
        return "[confidential]".to_owned();
    }
    match value["type"].as_str().unwrap_or_default() {
        "weighted_values" => {
            let choices = inner.as_array().map(Vec::as_slice).unwrap_or_default();
            let total: f64 = choices.iter().filter_map(|choice| choice["weight"].as_f64()).sum();
            let share = |choice: &Json| {
                let part = choice["weight"].as_f64().unwrap_or_default() / total.max(1.0) * 100.0;
                format!("{}% {}", (part * 100.0).round() / 100.0, words(&choice["value"]))
            };
            choices.iter().map(share).collect::<Vec<_>>().join(", ")
        }
        "provided" => format!("${}", inner["lookup"].as_str().unwrap_or("?")),
        _ => match inner {
            Json::String(text) => cut(&one_line(text), MOST),
            other => cut(&other.to_string(), MOST),
        },
    }
}
