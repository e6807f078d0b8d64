//! A node to a value.

use std::rc::Rc;

use prefab_core::{LogLevel, Value, ValueType};

use super::{
    node::{Kind, Node},
    scalar::{self, Plain},
};
use crate::finding::excerpt;

const CORE: &str = "tag:yaml.org,2002:";

/// Returns the value that `node` gives `key`, and `None` for null; an error says why there is none.
///
/// The texts of a secret never go into the reason.
pub(super) fn value(key: &str, node: &Node, secret: bool) -> Result<Option<(Value, ValueType)>, String> {
    if is_log_level(key) {
        return Ok(log_level(node, secret)?.map(|level| (level.into(), ValueType::LogLevel)));
    }
    Ok(Some(match &node.kind {
        Kind::Map(_) => return Err(String::from("the value is a mapping, which has no form as a value")),
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

/// Tells whether `key` holds a level: only the root and what is below it, so not `log-levels`.
pub(super) fn is_log_level(key: &str) -> bool {
    key.strip_prefix("log-level").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn log_level(node: &Node, secret: bool) -> Result<Option<LogLevel>, String> {
    let Some(text) = node.text() else {
        return Err(format!("a log level is a word such as `warn`, not {}", node.kind_name()));
    };
    if meaning(node)? == Plain::Null {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: prefab_core::LogLevelError| {
        if secret { String::from("the confidential value is no log level") } else { error.to_string() }
    })
}

/// Returns the texts of a list, each as it is written, so that `NO` stays Norway.
pub(super) fn texts(items: &[Rc<Node>]) -> Result<Vec<String>, String> {
    let text = |item: &Rc<Node>| {
        item.text()
            .map(ToOwned::to_owned)
            .ok_or_else(|| format!("a list holds single values, and this one holds {}", item.kind_name()))
    };
    items.iter().map(text).collect()
}

/// Returns what a scalar means; collections mean text.
pub(super) fn meaning(node: &Node) -> Result<Plain, String> {
    let Kind::Scalar { text, plain } = &node.kind else { return Ok(Plain::Text) };
    let resolved = || {
        scalar::resolve(text).map_err(|_| {
            String::from(
                "an integer has 64 bits, and this one needs more; put it in quotes to make it a text",
            )
        })
    };
    let Some(tag) = &node.tag else { return if *plain { resolved() } else { Ok(Plain::Text) } };
    match (tag.strip_prefix(CORE), tag.as_str()) {
        (Some("str" | "timestamp"), _) | (_, "!") => Ok(Plain::Text),
        (Some("null"), _) => Ok(Plain::Null),
        (Some(wanted @ ("int" | "float" | "bool")), _) => match (wanted, resolved()?) {
            ("int", int @ Plain::Int(_)) => Ok(int),
            ("float", double @ Plain::Double(_)) => Ok(double),
            #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
            ("float", Plain::Int(int)) => Ok(Plain::Double(int as f64)),
            ("bool", bool @ Plain::Bool(_)) => Ok(bool),
            _ => Err(format!("the value is not of the kind that its tag `!!{wanted}` says")),
        },
        _ => Err(unknown_tag(tag)),
    }
}

/// Refuses a list or a mapping with a tag that gives it another meaning.
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
    format!("the tag `{}` is unknown; remove it", excerpt(&short))
}
