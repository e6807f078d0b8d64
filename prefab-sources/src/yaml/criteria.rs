//! The criteria of a feature flag.

use prefab_core::{ConfigValue, Criterion, Operand, Operator, Value, context::LOOKUP};

use super::{
    findings::Findings,
    node::{Kind, Member, Node},
    operand,
    scalar::Plain,
    shorthand::{EntryError, get},
    value::{meaning, texts},
};
use crate::finding::excerpt;

/// Reads the value of `criterion` or `criteria`: one mapping, or a list of mappings that must all match.
///
/// An invalid criterion makes the whole flag invalid: without the criterion, the flag would match everyone.
pub(super) fn read(
    key: &str,
    name: &str,
    node: &Node,
    findings: &mut Findings,
) -> Result<Vec<Criterion>, EntryError> {
    match &node.kind {
        Kind::Map(members) => Ok(vec![criterion(key, node, members, findings)?]),
        Kind::List(items) => {
            let one = |item: &Node| match &item.kind {
                Kind::Map(members) => criterion(key, item, members, findings),
                _ => Err(wrong(
                    item,
                    format!("each item of `{name}` must be a mapping, not {}", item.kind_name()),
                )),
            };
            items.iter().map(|item| &**item).map(one).collect()
        }
        Kind::Scalar { .. } if meaning(node) == Ok(Plain::Null) => Ok(Vec::new()),
        Kind::Scalar { .. } => {
            Err(wrong(node, format!("`{name}` must be a mapping or a list of mappings, not a single value")))
        }
    }
}

fn criterion(
    key: &str,
    node: &Node,
    members: &[Member],
    findings: &mut Findings,
) -> Result<Criterion, EntryError> {
    const FIELDS: [&str; 4] = ["operator", "property", "values", "value"];
    for member in members.iter().filter(|member| !FIELDS.contains(&&*member.key)) {
        let message = format!("ignored `{}`: it is not a field of a criterion", excerpt(&member.key));
        findings.key(key, member.at, message);
    }
    let operator = operator(node, members)?;
    let value_to_match = operand(operator, node, members)?;
    let is_list = matches!(&value_to_match, Some(ConfigValue { value: Value::StringList(_), .. }));
    if is_list && !matches!(operator.operand(), Operand::List | Operand::Nothing) {
        let message = format!(
            "`{}` compares with a single value, but `values` is a list; the criterion never matches; write `value` \
             with a single value",
            operator.name()
        );
        findings.key(key, node.at, message);
    }
    let property_name = property(node, members, operator)?;
    Ok(Criterion { property_name, operator, value_to_match })
}

/// Reads `values` or `value`. Both are missing if they are null.
fn operand(operator: Operator, node: &Node, members: &[Member]) -> Result<Option<ConfigValue>, EntryError> {
    let is_set = |member: &&Member| meaning(&member.value) != Ok(Plain::Null);
    let field = |name| get(members, name).filter(is_set).map(|member| &*member.value);
    let (operand, value) = match (field("values"), field("value")) {
        (Some(_), Some(value)) => {
            return Err(wrong(value, "a criterion cannot have both `values` and `value`".to_owned()));
        }
        (Some(values), None) => {
            let Kind::List(items) = &values.kind else {
                let why = format!("`values` must be a list such as [a, b], not {}", values.kind_name());
                return Err(wrong(values, why));
            };
            (values, texts(items).map(Value::StringList))
        }
        (None, Some(value)) => (value, operand::read(operator, value)),
        (None, None) if operator.operand() == Operand::Nothing => return Ok(None),
        (None, None) => {
            let (field, what) = if operator.operand() == Operand::List {
                ("values", "a list")
            } else {
                ("value", "a single value")
            };
            let why = format!("`{field}` is missing; `{}` compares with {what}", operator.name());
            return Err(wrong(node, why));
        }
    };
    let value = value.map_err(|why| wrong(operand, why))?;
    let is_list = matches!(value, Value::StringList(_));
    let name = operator.name();
    if !is_list && operator.operand() == Operand::List {
        let why =
            format!("`{name}` compares with a list, not a single value; write for example `values: [a, b]`");
        return Err(wrong(operand, why));
    }
    // With a list, this operator would match everyone. The other operators for single values match no one.
    if is_list && operator == Operator::NotInSeg {
        let why = format!(
            "`{name}` compares with a single value, not a list; write `value` with the key of a segment"
        );
        return Err(wrong(operand, why));
    }
    Ok(Some(value.into()))
}

fn operator(node: &Node, members: &[Member]) -> Result<Operator, EntryError> {
    let Some(member) = get(members, "operator") else {
        return Err(wrong(node, "`operator` is missing; add one, for example `PROP_IS_ONE_OF`".to_owned()));
    };
    let text = member.value.text().unwrap_or_default();
    let unknown = || {
        let why = format!("unknown operator `{}`; use for example `PROP_IS_ONE_OF`", excerpt(text));
        wrong(&member.value, why)
    };
    Operator::from_name(text).filter(|operator| *operator != Operator::NotSet).ok_or_else(unknown)
}

fn property(node: &Node, members: &[Member], operator: Operator) -> Result<String, EntryError> {
    // The oldest operators have no property: they match the lookup key.
    if matches!(operator, Operator::LookupKeyIn | Operator::LookupKeyNotIn) {
        return Ok(LOOKUP.to_owned());
    }
    let text = get(members, "property").and_then(|member| member.value.text());
    match text {
        Some(text) => Ok(text.to_owned()),
        None if matches!(operator, Operator::AlwaysTrue | Operator::InSeg | Operator::NotInSeg) => {
            Ok(String::new())
        }
        None => Err(wrong(node, "`property` is missing; add one, for example `user.key`".to_owned())),
    }
}

fn wrong(node: &Node, why: String) -> EntryError {
    EntryError { at: Some(node.at), why }
}
