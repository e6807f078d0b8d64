//! The keys of the current configs that others are compiled with.

use std::{collections::HashSet, sync::Arc};

use prefab_core::{Config, ConfigType, Operator};

/// The keys of the current configs with which a changed config is compiled. They are kept up to date, so that a change reads no
/// other config.
///
/// Cloning is cheap. A change copies a set only while a reader uses it.
#[derive(Clone, Debug, Default)]
pub struct SharedKeys {
    /// The segments, which rules refer to.
    pub(crate) segments: Arc<HashSet<String>>,
    /// The configs with patterns, which share the limits of a ruleset.
    pub(crate) patterns: Arc<HashSet<String>>,
}

impl SharedKeys {
    /// Applies a changed config, or the deletion of a key.
    pub(crate) fn apply(&mut self, key: &str, config: Option<&Config>) {
        let is_segment = config.is_some_and(|config| config.config_type == ConfigType::Segment);
        set(&mut self.segments, key, is_segment);
        set(&mut self.patterns, key, config.is_some_and(has_pattern));
    }
}

fn set(keys: &mut Arc<HashSet<String>>, key: &str, is_member: bool) {
    if is_member == keys.contains(key) {
        return;
    }
    let keys = Arc::make_mut(keys);
    if is_member {
        keys.insert(key.to_owned());
    } else {
        keys.remove(key);
    }
}

/// Returns whether a rule of a config compares with a pattern.
pub(crate) fn has_pattern(config: &Config) -> bool {
    let criteria = config.rows.iter().flat_map(|row| &row.values).flat_map(|rule| &rule.criteria);
    criteria
        .into_iter()
        .any(|criterion| matches!(criterion.operator, Operator::PropMatches | Operator::PropDoesNotMatch))
}

#[cfg(test)]
mod tests {
    use prefab_core::{ConditionalValue, ConfigRow, Criterion};

    use super::*;

    #[test]
    fn the_keys_follow_the_configs() {
        let matches = Criterion { operator: Operator::PropMatches, ..Criterion::default() };
        let rule = ConditionalValue { criteria: vec![matches], ..ConditionalValue::default() };
        let row = ConfigRow { values: vec![rule], ..ConfigRow::default() };
        let with_pattern = Config { rows: vec![row], ..Config::constant("a", 1) };
        let segment = Config { config_type: ConfigType::Segment, ..Config::constant("b", 1) };
        let mut keys = SharedKeys::default();
        keys.apply("a", Some(&with_pattern));
        keys.apply("b", Some(&segment));
        keys.apply("c", Some(&Config::constant("c", 1)));
        let before = keys.clone();
        keys.apply("a", Some(&Config::constant("a", 2)));
        keys.apply("b", None);
        assert!(keys.segments.is_empty() && keys.patterns.is_empty());
        let only = |keys: &HashSet<String>| keys.iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            (only(&before.patterns), only(&before.segments)),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
    }
}
