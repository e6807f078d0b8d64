//! Values for namespaces: `{value: 30, namespaces: {services.user_service: 50}}`.

use std::cmp::Reverse;

use prefab_core::{ConditionalValue, ConfigValue, Criterion, Match, Operator};

use super::{
    flatten::{Entry, Walk, plain_type},
    node::{Kind, Member},
    shorthand::{EntryError, get, is_confidential, read_value},
    value::value,
};
use crate::{Position, finding::excerpt};

/// Returns whether a mapping is of this form. Other mappings nest keys.
pub(super) fn are_declared(members: &[Member]) -> bool {
    let is_field = |member: &Member| matches!(&*member.key, "value" | "namespaces" | "confidential");
    let has_mapping =
        get(members, "namespaces").is_some_and(|member| matches!(member.value.kind, Kind::Map(_)));
    has_mapping && get(members, "value").is_some() && members.iter().all(is_field)
}

/// Reads the default value and the values of namespaces. The rules for deeper namespaces come first.
pub(super) fn read(
    walk: &mut Walk<'_>,
    key: &str,
    at: Position,
    members: &[Member],
) -> Result<(), EntryError> {
    let (default, value_type) = read_value(key, members)?;
    let confidential = is_confidential(members);
    let mut rules = Vec::new();
    if let Some(Kind::Map(namespaces)) = get(members, "namespaces").map(|member| &member.value.kind) {
        for member in namespaces {
            let namespace = &*member.key;
            let error = |why: String| EntryError { at: Some(member.at), why };
            if namespace.split('.').any(str::is_empty) {
                let why =
                    format!("invalid namespace `{}`: expected names separated by dots", excerpt(namespace));
                return Err(error(why));
            }
            let missing = || error(format!("the namespace `{}` has no value", excerpt(namespace)));
            let (value, own_type) =
                value(key, &member.value, confidential).map_err(error)?.ok_or_else(missing)?;
            if own_type != value_type {
                let (own, expected) = (own_type.name().to_lowercase(), value_type.name().to_lowercase());
                let namespace = excerpt(namespace);
                return Err(error(format!(
                    "the value of the namespace `{namespace}` is of type {own}, not {expected}"
                )));
            }
            let criterion = Criterion {
                property_name: "NAMESPACE".to_owned(),
                operator: Operator::HierarchicalMatch,
                value_to_match: Some(namespace.into()),
            };
            let value = ConfigValue { value, confidential, ..ConfigValue::default() };
            rules.push((namespace.split('.').count(), ConditionalValue::when(vec![criterion], value)));
        }
    }
    rules.sort_by_key(|(depth, _)| Reverse(*depth));
    let rules = rules.into_iter().map(|(_, rule)| rule).collect();
    let entry = Entry { key, at, config_type: plain_type(key), value_type, value: default };
    walk.put_rules(entry, rules, Vec::new(), Vec::new(), Match::ByRow);
    Ok(())
}
