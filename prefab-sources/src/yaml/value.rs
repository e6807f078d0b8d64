//! Converts a node to a value.

use std::rc::Rc;

use prefab_core::{LogLevel, Value, ValueType};

use super::{
    node::{Kind, Node},
    scalar::{self, Plain},
};
use crate::finding::excerpt;

const CORE: &str = "tag:yaml.org,2002:";

/// Returns the value of `node` for `key`; `None` for null.
///
/// A message about a secret does not contain its text.
pub(super) fn value(key: &str, node: &Node, secret: bool) -> Result<Option<(Value, ValueType)>, String> {
    if is_log_level(key) {
        return Ok(log_level(node, secret)?.map(|level| (level.into(), ValueType::LogLevel)));
    }
    Ok(Some(match &node.kind {
        Kind::Map(_) => {
            return Err(String::from("the value is a mapping; expected a single value or a list"));
        }
        Kind::List(items) => {
            collection_tag(node)?;
            (Value::StringList(texts(items)?), ValueType::StringList)
        }
        Kind::Scalar { text, .. } => match meaning(node)? {
            Plain::Null => return Ok(None),
            Plain::Bool(bool) => (Value::Bool(bool), ValueType::Bool),
            Plain::Int(int) => (Value::Int(int), ValueType::Int),
            Plain::Double(double) => (Value::Double(double), ValueType::Double),
            Plain::Text => (Value::String(text.clone()), ValueType::String),
        },
    }))
}

/// Returns whether the value of `key` is a level: only for the root and the keys below it, not for `log-levels`.
pub(super) fn is_log_level(key: &str) -> bool {
    key.strip_prefix("log-level").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn log_level(node: &Node, secret: bool) -> Result<Option<LogLevel>, String> {
    let Some(text) = node.text() else {
        return Err(format!("a log level must be a word such as `warn`, not {}", node.kind_name()));
    };
    if meaning(node)? == Plain::Null {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: prefab_core::LogLevelError| {
        if secret { String::from("the confidential value is not a log level") } else { error.to_string() }
    })
}

/// Returns the items of a list as written, so that `NO` remains Norway.
pub(super) fn texts(items: &[Rc<Node>]) -> Result<Vec<String>, String> {
    let text = |item: &Rc<Node>| {
        item.text().map(ToOwned::to_owned).ok_or_else(|| {
            format!("a list must contain single values, but this one contains {}", item.kind_name())
        })
    };
    items.iter().map(text).collect()
}

/// Returns the meaning of a scalar; collections are [`Plain::Text`].
pub(super) fn meaning(node: &Node) -> Result<Plain, String> {
    let Kind::Scalar { text, plain, .. } = &node.kind else { return Ok(Plain::Text) };
    let resolved = || {
        scalar::resolve(text).map_err(|_| {
            String::from("the integer does not fit in 64 bits; put it in quotes to make it a string")
        })
    };
    let Some(tag) = &node.tag else { return if *plain { resolved() } else { Ok(Plain::Text) } };
    match (tag.strip_prefix(CORE), tag.as_str()) {
        (Some("str" | "timestamp"), _) | (_, "!") => Ok(Plain::Text),
        (Some("null"), _) => Ok(Plain::Null),
        (Some(wanted @ ("int" | "float" | "bool")), _) => match (wanted, resolved()?) {
            ("int", int @ Plain::Int(_)) => Ok(int),
            ("float", double @ Plain::Double(_)) => Ok(double),
            #[expect(clippy::cast_precision_loss, reason = "the tag requires a float")]
            ("float", Plain::Int(int)) => Ok(Plain::Double(int as f64)),
            ("bool", bool @ Plain::Bool(_)) => Ok(bool),
            _ => Err(format!("the value does not match its tag `!!{wanted}`")),
        },
        _ => Err(unknown_tag(tag)),
    }
}

/// Rejects a list or a mapping with a tag that changes its meaning.
pub(super) fn collection_tag(node: &Node) -> Result<(), String> {
    match node.tag.as_deref() {
        Some(tag) if !matches!(tag.strip_prefix(CORE), Some("map" | "seq")) && tag != "!" => {
            Err(unknown_tag(tag))
        }
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &str) -> String {
    let short = tag.strip_prefix(CORE).map_or_else(|| tag.to_owned(), |name| format!("!!{name}"));
    format!("unknown tag `{}`; remove it", excerpt(&short))
}
