//! The `value` of a criterion: a single value whose type depends on the operator.

use prefab_core::{IntRange, Operand, Operator, Value};

use super::{
    node::{Kind, Node},
    scalar::Plain,
    shorthand::get,
    value::{meaning, texts},
};
use crate::finding::excerpt;

/// Reads the operand of an operator.
///
/// Whether the operand fits the operator is decided where the rules are compiled, which reports versions, dates and
/// patterns that are invalid.
pub(super) fn read(operator: Operator, node: &Node) -> Result<Value, String> {
    match (&node.kind, operator.operand()) {
        (Kind::Map(_), Operand::Range) => range(node),
        (Kind::Map(_), _) => {
            Err("the `value` of a criterion must be a single value, not a mapping".to_owned())
        }
        (Kind::List(items), _) => Ok(Value::StringList(texts(items)?)),
        (Kind::Scalar { .. }, Operand::Range) => {
            Err("`value` must be a range such as {start: 1, end: 10}; its end is exclusive".to_owned())
        }
        (Kind::Scalar { text, .. }, Operand::Number | Operand::Instant) => Ok(match meaning(node)? {
            Plain::Int(int) => Value::Int(int),
            Plain::Double(double) => Value::Double(double),
            _ => Value::String(text.clone()),
        }),
        // Versions, patterns and keys of segments are strings, also those that look like numbers.
        (Kind::Scalar { text, .. }, _) => Ok(Value::String(text.clone())),
    }
}

fn range(node: &Node) -> Result<Value, String> {
    let Kind::Map(members) = &node.kind else { return Ok(Value::NotSet) };
    if let Some(member) = members.iter().find(|member| !matches!(&*member.key, "start" | "end")) {
        return Err(format!("`{}` is not a field of a range; use `start` and `end`", excerpt(&member.key)));
    }
    let bound = |name| match get(members, name).map(|member| meaning(&member.value)) {
        None | Some(Ok(Plain::Null)) => Ok(None),
        Some(Ok(Plain::Int(int))) => Ok(Some(int)),
        Some(_) => Err(format!("`{name}` of a range must be an integer")),
    };
    Ok(Value::IntRange(IntRange { start: bound("start")?, end: bound("end")? }))
}
