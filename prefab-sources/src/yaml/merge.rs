//! Pairs to the members of a mapping: merge keys applied, of two equal keys the later one.

use std::{collections::HashMap, rc::Rc};

use super::{
    findings::Findings,
    node::{Kind, Member, Node},
};
use crate::finding::excerpt;

/// Returns the members; `path` tells the whole path of a key, for findings.
///
/// As in `PyYAML`, merged members come before the mapping's own and so give way to them, of several merge
/// keys the later wins, and in a list of mappings the earlier wins.
pub(super) fn members(
    pairs: Vec<(Rc<Node>, Rc<Node>)>,
    path: impl Fn(&str) -> String,
    findings: &mut Findings,
) -> Vec<Member> {
    let mut merged = Vec::new();
    let mut own = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match &key.kind {
            Kind::Scalar { text, plain: true } if text == "<<" => match mappings(&value) {
                Some(mappings) => merged.extend(mappings.into_iter().rev().flatten().cloned()),
                None => findings.key(
                    &path("<<"),
                    key.at,
                    format!("takes a mapping or a list of mappings, not {}", value.kind_name()),
                ),
            },
            Kind::Scalar { text, .. } => {
                own.push(Member { key: text.as_str().into(), at: key.at, value });
            }
            Kind::List(_) | Kind::Map(_) => {
                findings.key(&path("?"), key.at, format!("a key is a single value, not {}", key.kind_name()));
            }
        }
    }
    let first_own = merged.len();
    merged.extend(own);
    let repeat = |earlier: &Member, later: &Member| {
        let message = format!(
            "`{}` is there twice, on line {} and on line {}; the later one is taken",
            excerpt(&later.key),
            earlier.at.line,
            later.at.line
        );
        findings.key(&path(&later.key), later.at, message);
    };
    later_wins(merged, first_own, repeat)
}

/// Returns the mappings that a merge key names.
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

/// Drops every member whose key comes again, and tells of those that are the mapping's own.
fn later_wins(
    members: Vec<Member>,
    first_own: usize,
    mut repeat: impl FnMut(&Member, &Member),
) -> Vec<Member> {
    let mut seen: HashMap<Rc<str>, usize> = HashMap::with_capacity(members.len());
    let mut kept: Vec<Option<Member>> = Vec::with_capacity(members.len());
    for (at, member) in members.into_iter().enumerate() {
        if let Some(at) = seen.insert(Rc::clone(&member.key), at)
            && let Some(earlier) = kept[at].take().filter(|_| at >= first_own)
        {
            repeat(&earlier, &member);
        }
        kept.push(Some(member));
    }
    kept.into_iter().flatten().collect()
}
