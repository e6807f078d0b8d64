//! Confidential values: redaction in responses, and the way back when a redacted item is saved.
//!
//! Every read of the management API returns the [`redacted`] form. It contains a fingerprint instead of each confidential
//! value. [`restored`] replaces the fingerprints in a saved config by the values, so that a person who may not read a value
//! can edit the rest of the config.

use std::collections::BTreeSet;

use prefab_core::{Config, ConfigValue, Value, confidential::is_fingerprint, datafile, redact};
use prefab_store::{Environment, Role, Roles};

use crate::Problem;

/// The rules that contain a value: those of an environment, or the default rules if `None`.
pub type Scope = Option<i64>;

/// Returns whether these roles may read the confidential values of a scope: the role publisher is required in every
/// environment to which the rules apply, as for a change.
pub fn may_read(roles: &Roles, environments: &[Environment], scope: Scope) -> bool {
    match environments.iter().find(|environment| Some(environment.id.0) == scope) {
        Some(environment) => roles.in_environment(environment.id) >= Role::Publisher,
        None => environments
            .iter()
            .map(|environment| roles.in_environment(environment.id))
            .fold(roles.project, Role::min)
            .ge(&Role::Publisher),
    }
}

/// Returns whether a value is replaced in the redacted form. The cipher text of an encrypted value and the name of an
/// environment variable are not secret.
fn is_hidden(value: &ConfigValue) -> bool {
    value.confidential
        && value.encrypted_with().is_none()
        && !matches!(value.value, Value::Provided(_) | Value::NotSet)
}

/// Returns the redacted form of a value.
pub fn redacted_value(value: &ConfigValue) -> ConfigValue {
    let mut value = value.clone();
    visit_value(&mut value, &mut |value| {
        if is_hidden(value) {
            value.value = Value::String(fingerprint(value));
        }
    });
    value
}

/// Returns the redacted form of a config.
pub fn redacted(config: &Config) -> Config {
    let mut config = config.clone();
    visit(&mut config, &mut |_, value| {
        if is_hidden(value) {
            value.value = Value::String(fingerprint(value));
        }
    });
    config
}

/// Returns the scopes that contain confidential values.
pub fn scopes(config: &Config) -> BTreeSet<Scope> {
    let mut found = BTreeSet::new();
    visit(&mut config.clone(), &mut |scope, value| {
        if is_hidden(value) {
            found.insert(scope);
        }
    });
    found
}

/// Returns whether a value is a fingerprint instead of a confidential value.
pub fn is_redacted(value: &ConfigValue) -> bool {
    let Value::String(text) = &value.value else { return false };
    is_hidden(value) && is_fingerprint(text)
}

/// Returns whether a config contains fingerprints.
pub fn has_redacted(config: &Config) -> bool {
    let mut found = false;
    visit(&mut config.clone(), &mut |_, value| found |= is_redacted(value));
    found
}

/// Replaces the fingerprints in a config by the values of other versions of it.
///
/// A value is found in the same scope, or in any scope that the caller may read. Otherwise a person could copy a value to an
/// environment in which they can read it.
///
/// # Errors
///
/// The [`Problem`] of a fingerprint that matches no value, or several.
pub fn restored<'a>(
    config: Config,
    versions: impl IntoIterator<Item = &'a Config>,
    may_read: impl Fn(Scope) -> bool,
) -> Result<Config, Problem> {
    let mut known: Vec<(Scope, String, ConfigValue)> = Vec::new();
    for version in versions {
        visit(&mut version.clone(), &mut |scope, value| {
            if is_hidden(value) && !is_redacted(value) {
                known.push((scope, fingerprint(value), value.clone()));
            }
        });
    }
    let mut config = config;
    let mut is_unknown = false;
    visit(&mut config, &mut |scope, value| {
        if !is_redacted(value) {
            return;
        }
        let Value::String(wanted) = &value.value else { return };
        let mut found = known
            .iter()
            .filter(|(place, print, _)| print == wanted && (*place == scope || may_read(*place)))
            .map(|(_, _, original)| &original.value);
        match found.next().cloned() {
            Some(original) if found.all(|other| *other == original) => value.value = original,
            _ => is_unknown = true,
        }
    });
    if is_unknown {
        let key = &config.key;
        return Err(format!(
            "`{key}` contains a redacted value that is not one of its own; set a new value, or export with `reveal`"
        )
        .into());
    }
    Ok(config)
}

fn fingerprint(value: &ConfigValue) -> String {
    match &value.value {
        Value::String(text) => redact(text),
        _ => redact(&datafile::value_to_json(value).to_string()),
    }
}

fn visit(config: &mut Config, action: &mut impl FnMut(Scope, &mut ConfigValue)) {
    for variant in &mut config.allowable_values {
        visit_value(variant, &mut |value| action(None, value));
    }
    for row in &mut config.rows {
        let scope = row.project_env_id.filter(|id| *id != 0);
        for rule in &mut row.values {
            let values = rule.criteria.iter_mut().filter_map(|criterion| criterion.value_to_match.as_mut());
            for value in values.chain(rule.value.as_mut()) {
                visit_value(value, &mut |value| action(scope, value));
            }
        }
    }
}

fn visit_value(value: &mut ConfigValue, action: &mut dyn FnMut(&mut ConfigValue)) {
    action(value);
    if let Value::Weighted(weighted) = &mut value.value {
        for choice in &mut weighted.values {
            visit_value(&mut choice.value, action);
        }
    }
}

#[cfg(test)]
mod tests {
    use prefab_core::{ConditionalValue, ConfigRow, ids::EnvironmentId};

    use super::*;

    fn config(rows: &[(Scope, &str)]) -> Config {
        let rows = rows.iter().map(|(scope, text)| {
            let values = vec![ConditionalValue::always(ConfigValue::from(*text).confidential())];
            ConfigRow { project_env_id: *scope, values, ..ConfigRow::default() }
        });
        Config { key: "db.pass".to_owned(), rows: rows.collect(), ..Config::default() }
    }

    #[test]
    fn a_redacted_config_contains_no_confidential_value_and_can_be_restored() {
        let current = config(&[(None, "hunter2"), (Some(3), "of production")]);
        let shown = redacted(&current);
        assert!(!format!("{shown:?}").contains("hunter2") && !format!("{shown:?}").contains("of production"));
        assert_eq!(scopes(&current), BTreeSet::from([None, Some(3)]));
        assert!(has_redacted(&shown) && !has_redacted(&current));
        assert_eq!(restored(shown, [&current], |_| false).unwrap(), current);
    }

    #[test]
    fn a_value_moves_between_scopes_only_if_the_caller_may_read_it() {
        let current = config(&[(None, "default"), (Some(3), "of production")]);
        let mut moved = redacted(&current);
        moved.rows.swap(0, 1);
        moved.rows[0].project_env_id = None;
        moved.rows[1].project_env_id = Some(3);
        assert!(restored(moved.clone(), [&current], |_| false).is_err());
        assert!(restored(moved.clone(), [&current], |scope| scope.is_none()).is_err());
        let done = restored(moved, [&current], |_| true).unwrap();
        assert_eq!(done, config(&[(None, "of production"), (Some(3), "default")]));
    }

    #[test]
    fn other_types_and_percentages_are_redacted() {
        let inner =
            prefab_core::value::WeightedValue { weight: 1, value: ConfigValue::from("inner").confidential() };
        let weighted = prefab_core::WeightedValues { values: vec![inner], hash_by_property_name: None };
        for value in [
            ConfigValue { value: Value::Weighted(weighted), ..ConfigValue::default() },
            ConfigValue { value: Value::Int(4711), ..ConfigValue::default() }.confidential(),
        ] {
            let mut current = config(&[(None, "")]);
            current.rows[0].values[0].value = Some(value);
            let shown = redacted(&current);
            let text = format!("{shown:?}");
            assert!(!text.contains("inner") && !text.contains("4711"), "{text}");
            assert_eq!(restored(shown, [&current], |_| false).unwrap(), current);
        }
    }

    #[test]
    fn a_default_value_requires_the_role_in_every_environment() {
        let environments = [
            Environment::new(EnvironmentId(1), "Development"),
            Environment::new(EnvironmentId(3), "Production"),
        ];
        let roles = |project, production| Roles {
            environments: [(EnvironmentId(3), production)].into(),
            ..Roles::of(project)
        };
        for (roles, expected) in [
            (Roles::of(Role::Admin), [true, true, true]),
            (Roles::of(Role::Editor), [false, false, false]),
            (roles(Role::Publisher, Role::Viewer), [false, true, false]),
            (roles(Role::Viewer, Role::Publisher), [false, false, true]),
        ] {
            assert_eq!(
                [None, Some(1), Some(3)].map(|scope| may_read(&roles, &environments, scope)),
                expected
            );
        }
    }
}
