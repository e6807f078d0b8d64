//! References between configs.

use std::collections::HashSet;

use prefab_core::{Config, ConfigValue, Operator, Value};

use crate::{project::Configs, validate};

/// Lists the keys of the configs that use this one as a segment, as a schema, or as the key of their encrypted values.
pub fn find(key: &str, current: &Configs) -> Vec<String> {
    let mut users = validate::users_of_segment(key, current);
    for (user, version) in current {
        let refers = version.config.as_ref().is_some_and(|config| refers(config, key));
        if refers && user != key && !users.contains(user) {
            users.push(user.clone());
        }
    }
    users.sort();
    users
}

fn refers(config: &Config, key: &str) -> bool {
    let mut values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    config.schema_key.as_deref() == Some(key) || values.any(|value| value.encrypted_with() == Some(key))
}

/// Returns the keys that at least one config refers to.
pub fn referenced_keys(current: &Configs) -> HashSet<&str> {
    let mut referred = HashSet::new();
    for config in current.values().filter_map(|version| version.config.as_ref()) {
        referred.extend(config.schema_key.as_deref());
        for rule in config.rows.iter().flat_map(|row| &row.values) {
            referred.extend(rule.value.as_ref().and_then(ConfigValue::encrypted_with));
            let segments = rule.criteria.iter();
            let segments =
                segments.filter(|one| matches!(one.operator, Operator::InSeg | Operator::NotInSeg));
            referred.extend(segments.filter_map(|one| match &one.value_to_match.as_ref()?.value {
                Value::String(segment) => Some(segment.as_str()),
                _ => None,
            }));
        }
    }
    referred
}
