//! Confidential values: redaction in responses, and the way back when a redacted item is saved.
//!
//! Every read of the management API returns the [`redacted`] form. It contains a fingerprint instead of each confidential
//! value. [`restored`] replaces the fingerprints in a saved config by the values, so that a person who may not read a value
//! can edit the rest of the config.

use std::collections::BTreeSet;

use prefab_core::{
    Config, ConfigValue, Criterion, Operator, Value, confidential::is_fingerprint, datafile, redact,
};
use prefab_store::{Environment, Role, Roles};

use crate::Problem;

/// The rules that contain a value: those of an environment, or the default rules if `None`.
pub type Scope = Option<i64>;

/// The use of a value in a config. A reader can deduce a value from the effects of its use, so a value that the caller may
/// not read is only restored for the same use.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Use {
    /// The result of a rule, or a variant.
    Result,
    /// The operand of this operator, compared with this property.
    Operand(Operator, String),
}

impl Use {
    fn by(criterion: &Criterion) -> Self {
        Self::Operand(criterion.operator, criterion.property_name.clone())
    }
}

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
pub(crate) fn is_hidden(value: &ConfigValue) -> bool {
    value.confidential
        && value.encrypted_with().is_none()
        && !matches!(value.value, Value::Provided(_) | Value::NotSet)
}

/// Returns whether a result of a config is confidential or encrypted, including the choices of rollouts.
pub fn is_secret(config: &Config) -> bool {
    let mut found = false;
    visit(config, &mut |_, used, value| found |= *used == Use::Result && value.is_secret());
    found
}

/// Makes a value confidential, with the choices of a rollout.
pub(crate) fn make_confidential(value: &mut ConfigValue) {
    // The shares of a percentage rollout are not confidential, only its choices.
    visit_value_mut(value, &mut |value| value.confidential |= !matches!(value.value, Value::Weighted(_)));
}

/// Returns whether a value, or a choice of a rollout, is confidential.
pub(crate) fn is_confidential(value: &ConfigValue) -> bool {
    let mut found = false;
    visit_value(value, &mut |value| found |= value.confidential);
    found
}

/// Returns the redacted form of a value.
pub fn redacted_value(value: &ConfigValue) -> ConfigValue {
    let mut value = value.clone();
    visit_value_mut(&mut value, &mut |value| {
        if is_hidden(value) {
            value.value = Value::String(fingerprint(value));
        }
    });
    value
}

/// Returns the redacted form of a config.
pub fn redacted(config: &Config) -> Config {
    let mut config = config.clone();
    visit_mut(&mut config, &mut |_, _, value| {
        if is_hidden(value) {
            value.value = Value::String(fingerprint(value));
        }
    });
    config
}

/// Returns the scopes that contain confidential values.
pub fn scopes(config: &Config) -> BTreeSet<Scope> {
    let mut found = BTreeSet::new();
    visit(config, &mut |scope, _, value| {
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
    visit(config, &mut |_, _, value| found |= is_redacted(value));
    found
}

/// Replaces the fingerprints in a config by the values of other versions of it.
///
/// A value is found in the same scope and for the same use, or in any scope that the caller may read. Otherwise a person
/// could copy a value to an environment in which they can read it, or to a criterion whose effects reveal it. For the same
/// reason, it is not found in a version of another config type or value type.
///
/// # Errors
///
/// The [`Problem`] of a fingerprint that matches no value, or several.
pub fn restored<'a>(
    config: Config,
    versions: impl IntoIterator<Item = &'a Config>,
    may_read: impl Fn(Scope) -> bool,
) -> Result<Config, Problem> {
    let mut known: Vec<Known> = Vec::new();
    for version in versions {
        let has_type = (version.config_type, version.value_type) == (config.config_type, config.value_type);
        visit(version, &mut |scope, used, value| {
            let is_readable = may_read(scope);
            if is_hidden(value) && !is_redacted(value) && (has_type || is_readable) {
                let (fingerprint, value) = (fingerprint(value), value.value.clone());
                known.push(Known { scope, used: used.clone(), is_readable, fingerprint, value });
            }
        });
    }
    let mut config = config;
    let mut is_unknown = false;
    visit_mut(&mut config, &mut |scope, used, value| {
        if !is_redacted(value) {
            return;
        }
        let Value::String(wanted) = &value.value else { return };
        let mut found = known
            .iter()
            .filter(|known| known.fingerprint == *wanted)
            .filter(|known| known.is_readable || (known.scope == scope && known.used == *used))
            .map(|known| &known.value);
        match found.next().cloned() {
            Some(original) if found.all(|other| *other == original) => value.value = original,
            _ => is_unknown = true,
        }
    });
    if is_unknown {
        let key = &config.key;
        return Err(format!(
            "`{key}` contains a redacted value that it did not have in this place; set a new value, or export with `reveal`"
        )
        .into());
    }
    Ok(config)
}

/// A confidential value of a version.
struct Known {
    scope: Scope,
    used: Use,
    is_readable: bool,
    fingerprint: String,
    value: Value,
}

fn fingerprint(value: &ConfigValue) -> String {
    match &value.value {
        Value::String(text) => redact(text),
        _ => redact(&datafile::value_to_json(value).to_string()),
    }
}

fn visit<'c>(config: &'c Config, action: &mut impl FnMut(Scope, &Use, &'c ConfigValue)) {
    for variant in &config.allowable_values {
        visit_value(variant, &mut |value| action(None, &Use::Result, value));
    }
    for row in &config.rows {
        let scope = row.project_env_id.filter(|id| *id != 0);
        for rule in &row.values {
            for criterion in &rule.criteria {
                if let Some(value) = &criterion.value_to_match {
                    let used = Use::by(criterion);
                    visit_value(value, &mut |value| action(scope, &used, value));
                }
            }
            if let Some(value) = &rule.value {
                visit_value(value, &mut |value| action(scope, &Use::Result, value));
            }
        }
    }
}

fn visit_value<'v>(value: &'v ConfigValue, action: &mut dyn FnMut(&'v ConfigValue)) {
    action(value);
    if let Value::Weighted(weighted) = &value.value {
        for choice in &weighted.values {
            visit_value(&choice.value, action);
        }
    }
}

fn visit_mut(config: &mut Config, action: &mut impl FnMut(Scope, &Use, &mut ConfigValue)) {
    for variant in &mut config.allowable_values {
        visit_value_mut(variant, &mut |value| action(None, &Use::Result, value));
    }
    for row in &mut config.rows {
        let scope = row.project_env_id.filter(|id| *id != 0);
        for rule in &mut row.values {
            for criterion in &mut rule.criteria {
                let used = Use::by(criterion);
                if let Some(value) = &mut criterion.value_to_match {
                    visit_value_mut(value, &mut |value| action(scope, &used, value));
                }
            }
            if let Some(value) = &mut rule.value {
                visit_value_mut(value, &mut |value| action(scope, &Use::Result, value));
            }
        }
    }
}

fn visit_value_mut(value: &mut ConfigValue, action: &mut dyn FnMut(&mut ConfigValue)) {
    action(value);
    if let Value::Weighted(weighted) = &mut value.value {
        for choice in &mut weighted.values {
            visit_value_mut(&mut choice.value, action);
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
    fn a_value_that_the_caller_may_not_read_is_restored_only_for_the_same_use() {
        let secret = || ConfigValue::from("hunter2").confidential();
        let criterion = |operator, property: &str| Criterion {
            property_name: property.to_owned(),
            operator,
            value_to_match: Some(secret()),
        };
        let with = |criteria: Vec<Criterion>, value: ConfigValue| {
            let values = vec![ConditionalValue::when(criteria, value)];
            Config { rows: vec![ConfigRow::default_row(values)], ..config(&[]) }
        };
        let result = with(Vec::new(), secret());
        let operand = with(vec![criterion(Operator::PropIsOneOf, "user.plan")], "x".into());
        let typed = |value_type| Config { value_type, ..result.clone() };
        for (what, current, sent) in [
            (
                "a result as a pattern",
                &result,
                with(vec![criterion(Operator::PropMatches, "user.id")], "x".into()),
            ),
            ("a result as a segment", &result, with(vec![criterion(Operator::InSeg, "")], "x".into())),
            (
                "an operand of another operator",
                &operand,
                with(vec![criterion(Operator::PropStartsWithOneOf, "user.plan")], "x".into()),
            ),
            (
                "an operand for another property",
                &operand,
                with(vec![criterion(Operator::PropIsOneOf, "user.id")], "x".into()),
            ),
            ("an operand as a result", &operand, result.clone()),
            ("another type of values", &result, typed(prefab_core::ValueType::Double)),
            (
                "another type of config",
                &result,
                Config { config_type: prefab_core::ConfigType::Segment, ..result.clone() },
            ),
        ] {
            let problem = restored(redacted(&sent), [current], |_| false).unwrap_err().to_string();
            assert!(problem.contains("redacted") && !problem.contains("hunter2"), "{what}: {problem}");
            assert_eq!(restored(redacted(&sent), [current], |_| true).unwrap(), sent, "{what}");
        }
        assert_eq!(restored(redacted(&operand), [&operand], |_| false).unwrap(), operand);
    }

    #[test]
    fn a_choice_of_a_rollout_makes_a_config_secret() {
        let choice = |value| prefab_core::WeightedValue { weight: 1, value };
        let rollout = |value| {
            let values = vec![choice("plain".into()), choice(value)];
            let weighted = prefab_core::WeightedValues { values, hash_by_property_name: None };
            let rules = vec![ConditionalValue::always(ConfigValue::from(Value::Weighted(weighted)))];
            Config { rows: vec![ConfigRow::default_row(rules)], ..Config::default() }
        };
        assert!(is_secret(&rollout(ConfigValue::from("inner").confidential())));
        assert!(!is_secret(&rollout("plain".into())));
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
