//! Builds the members of a mapping: applies merge keys and resolves repeated keys.

use std::{collections::HashMap, rc::Rc};

use super::{
    findings::Findings,
    node::{Kind, Member, Node},
};
use crate::finding::excerpt;

/// Returns the members. `path` returns the full path of a key, for findings.
///
/// As in `PyYAML`, the mapping's own members take precedence over merged ones. Of several merge keys the later one takes
/// precedence; within a list of mappings the earlier one.
pub(super) fn members(
    pairs: Vec<(Rc<Node>, Rc<Node>)>,
    path: impl Fn(&str) -> String,
    findings: &mut Findings,
) -> Vec<Member> {
    let mut merged = Vec::new();
    let mut own = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match &key.kind {
            Kind::Scalar { text, plain: true, .. } if text == "<<" => match mappings(&value) {
                Some(mappings) => merged.extend(mappings.into_iter().rev().flatten().cloned()),
                None => findings.key(
                    &path("<<"),
                    key.at,
                    format!(
                        "a merge key requires a mapping or a list of mappings, not {}",
                        value.kind_name()
                    ),
                ),
            },
            Kind::Scalar { text, lone_surrogate, .. } => {
                let lone_surrogate = *lone_surrogate;
                own.push(Member { key: text.as_str().into(), lone_surrogate, at: key.at, value });
            }
            Kind::List(_) | Kind::Map(_) => {
                findings.key(
                    &path("?"),
                    key.at,
                    format!("a key must be a single value, not {}", key.kind_name()),
                );
            }
        }
    }
    let first_own = merged.len();
    merged.extend(own);
    let repeat = |earlier: &Member, later: &Member| {
        let message = format!(
            "`{}` is defined on line {} and again on line {}; the later one applies",
            excerpt(&later.key),
            earlier.at.line,
            later.at.line
        );
        findings.key(&path(&later.key), later.at, message);
    };
    later_wins(merged, first_own, repeat)
}

/// Returns the mappings of a merge key.
fn mappings(value: &Node) -> Option<Vec<&[Member]>> {
    match &value.kind {
        Kind::Map(members) => Some(vec![members]),
        Kind::List(items) => items
            .iter()
            .map(|item| match &item.kind {
                Kind::Map(members) => Some(members.as_slice()),
                Kind::Scalar { .. } | Kind::List(_) => None,
            })
            .collect(),
        Kind::Scalar { .. } => None,
    }
}

/// Removes every member whose key is repeated later. Reports those that are the mapping's own.
fn later_wins(
    members: Vec<Member>,
    first_own: usize,
    mut repeat: impl FnMut(&Member, &Member),
) -> Vec<Member> {
    let mut seen: HashMap<Rc<str>, usize> = HashMap::with_capacity(members.len());
    let mut kept: Vec<Option<Member>> = Vec::with_capacity(members.len());
    for (at, member) in members.into_iter().enumerate() {
        // Different halves of surrogate pairs have the same text.
        if !member.lone_surrogate
            && let Some(at) = seen.insert(Rc::clone(&member.key), at)
            && let Some(earlier) = kept[at].take().filter(|_| at >= first_own)
        {
            repeat(&earlier, &member);
        }
        kept.push(Some(member));
    }
    kept.into_iter().flatten().collect()
}
