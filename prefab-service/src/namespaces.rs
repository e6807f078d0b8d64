//! Rules for the namespaces of clients.
//!
//! Such a rule has one criterion: the namespace of the client is at or below a namespace. The closest namespace applies,
//! so the server keeps rules for deeper namespaces first.

use std::cmp::Reverse;

use prefab_core::{ConditionalValue, Config, ConfigValue, Criterion, Operator, Value};
use prefab_management_api::namespace_depth as depth;

/// The property that contains the namespace of a client.
const PROPERTY: &str = "NAMESPACE";

/// Another name of the property.
const OTHER_PROPERTY: &str = "prefab.namespace";

/// Returns the namespace of a rule whose only criterion is a namespace.
pub(crate) fn of(rule: &ConditionalValue) -> Option<&str> {
    let [Criterion { property_name, operator: Operator::HierarchicalMatch, value_to_match }] =
        &*rule.criteria
    else {
        return None;
    };
    match &value_to_match.as_ref()?.value {
        Value::String(namespace) if [PROPERTY, OTHER_PROPERTY].contains(&&**property_name) => Some(namespace),
        _ => None,
    }
}

/// Sets the value for a namespace. A new rule comes after those for deeper namespaces, and before shallower ones and the
/// default value.
pub(crate) fn set(rules: &mut Vec<ConditionalValue>, namespace: &str, value: ConfigValue) {
    if let Some(rule) = rules.iter_mut().find(|rule| of(rule) == Some(namespace)) {
        rule.value = Some(value);
        return;
    }
    let criterion = Criterion {
        property_name: PROPERTY.to_owned(),
        operator: Operator::HierarchicalMatch,
        value_to_match: Some(namespace.into()),
    };
    let is_later = |rule: &ConditionalValue| {
        rule.criteria.is_empty() || of(rule).is_some_and(|other| depth(other) < depth(namespace))
    };
    let at = rules.iter().position(is_later).unwrap_or(rules.len());
    rules.insert(at, ConditionalValue::when(vec![criterion], value));
}

/// Sorts the rules for namespaces, the deepest first. Other rules keep their positions.
pub(crate) fn sort(config: &mut Config) {
    for row in &mut config.rows {
        let places: Vec<usize> = (0..row.values.len()).filter(|at| of(&row.values[*at]).is_some()).collect();
        let mut sorted: Vec<_> = places.iter().map(|at| row.values[*at].clone()).collect();
        sorted.sort_by_key(|rule| Reverse(of(rule).map(depth)));
        for (at, rule) in places.into_iter().zip(sorted) {
            row.values[at] = rule;
        }
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::ConfigRow;

    use super::*;

    fn shown(rules: &[ConditionalValue]) -> Vec<String> {
        rules.iter().map(crate::describe::rule).collect()
    }

    #[test]
    fn a_value_for_a_namespace_comes_before_shallower_ones_and_the_default() {
        let mut rules = vec![ConditionalValue::always(0)];
        for (namespace, value) in [("a", 1), ("a.b", 2), ("c", 3), ("a.b.c", 4), ("a.b", 5)] {
            set(&mut rules, namespace, value.into());
        }
        let expected = [
            "4 when NAMESPACE is at or below \"a.b.c\"",
            "5 when NAMESPACE is at or below \"a.b\"",
            "1 when NAMESPACE is at or below \"a\"",
            "3 when NAMESPACE is at or below \"c\"",
            "0",
        ];
        assert_eq!(shown(&rules), expected);
    }

    #[test]
    fn only_rules_for_namespaces_are_sorted() {
        let mut rules = Vec::new();
        set(&mut rules, "a", 1.into());
        let other = Criterion { property_name: "user.key".to_owned(), ..rules[0].criteria[0].clone() };
        rules.push(ConditionalValue::when(vec![other], 9));
        let mut deeper = Vec::new();
        set(&mut deeper, "a.b", 2.into());
        rules.extend(deeper);
        let mut config = Config { rows: vec![ConfigRow::default_row(rules)], ..Config::default() };
        sort(&mut config);
        let values: Vec<_> =
            config.rows[0].values.iter().map(|rule| rule.value.clone().unwrap().value).collect();
        assert_eq!(values, [Value::Int(2), Value::Int(9), Value::Int(1)]);
    }
}
