//! Values with a declared type: `{type: duration, value: 30s}` and `{type: json, value: {…}}`.

use prefab_core::{
    Value, ValueType,
    duration::{format_duration, parse_duration, parse_short_duration},
};

use super::{
    node::{Kind, Member, Node},
    scalar::Plain,
    shorthand::get,
    value::{collection_tag, meaning},
};
use crate::finding::excerpt;

/// Returns the declared type of a mapping; `None` if it is not of this form and nests keys.
pub(super) fn declared_type(members: &[Member]) -> Option<ValueType> {
    let is_field = |member: &Member| matches!(&*member.key, "type" | "value" | "confidential");
    get(members, "value").filter(|_| members.iter().all(is_field))?;
    match get(members, "type")?.value.text()? {
        "duration" => Some(ValueType::Duration),
        "json" => Some(ValueType::Json),
        _ => None,
    }
}

/// Returns a value of the declared type. The message of an error about a secret does not contain its text.
pub(super) fn value(value_type: ValueType, node: &Node, secret: bool) -> Result<Value, String> {
    if value_type == ValueType::Duration { duration(node, secret) } else { json(node, secret) }
}

/// Keeps an ISO 8601 duration as it is written.
fn duration(node: &Node, secret: bool) -> Result<Value, String> {
    let text =
        node.text().ok_or_else(|| format!("a duration is a single value, not {}", node.kind_name()))?;
    if parse_duration(text).is_ok() {
        return Ok(Value::Duration(text.to_owned()));
    }
    parse_short_duration(text).map(|duration| Value::Duration(format_duration(duration))).map_err(|_| {
        let shown = if secret { String::new() } else { format!(" `{}`", excerpt(text)) };
        format!("cannot parse duration{shown}: write for example `30s`, `1h30m` or `PT30S`")
    })
}

/// Converts a node to JSON. A string is JSON text; within lists and mappings, strings are JSON strings.
fn json(node: &Node, secret: bool) -> Result<Value, String> {
    if let (Kind::Scalar { text, .. }, Plain::Text) = (&node.kind, json_meaning(node)?) {
        serde_json::from_str::<serde_json::Value>(text).map_err(|error| {
            let why = if secret { String::new() } else { format!(": {error}") };
            format!("the string is not JSON{why}; write a mapping, a list, or JSON text in quotes")
        })?;
        return Ok(Value::Json(text.clone()));
    }
    let mut text = String::new();
    write_json(node, &mut text)?;
    Ok(Value::Json(text))
}

fn write_json(node: &Node, out: &mut String) -> Result<(), String> {
    match &node.kind {
        Kind::Scalar { text, .. } => match json_meaning(node)? {
            Plain::Null => out.push_str("null"),
            Plain::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
            // A number that is also a JSON number stays as it is written: `1.10`, and integers of any length.
            Plain::Int(_) | Plain::Double(_) if is_json_number(text) => out.push_str(text),
            Plain::Int(int) => out.push_str(&int.to_string()),
            Plain::Double(double) => {
                let number = serde_json::Number::from_f64(double);
                let number = number.ok_or_else(|| format!("`{}` is not a JSON number", excerpt(text)))?;
                out.push_str(&number.to_string());
            }
            Plain::Text => write_string(text, out),
        },
        Kind::List(items) => {
            collection_tag(node)?;
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out)?;
            }
            out.push(']');
        }
        Kind::Map(members) => {
            collection_tag(node)?;
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(&member.key, out);
                out.push(':');
                write_json(&member.value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Returns the meaning of a scalar. An integer may have any length.
fn json_meaning(node: &Node) -> Result<Plain, String> {
    match &node.kind {
        Kind::Scalar { text, plain: true, .. } if node.tag.is_none() && is_json_number(text) => {
            Ok(meaning(node).unwrap_or(Plain::Int(0)))
        }
        _ => meaning(node),
    }
}

fn is_json_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
