//! Log levels as single rules: for all contexts, for a segment, or for contexts in which a property has one of several
//! values.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, LogLevel, Operator, Value,
    ValueType,
};

use prefab_core::ids::EnvironmentId;
use prefab_store::RuleTarget;

/// The key of the level for all loggers without their own level.
const ROOT: &str = "log-level";

/// Returns the config key for the path of a logger. A config key is returned unchanged.
pub fn key(path: &str) -> String {
    let is_key = path == ROOT || path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('.'));
    if is_key { path.to_owned() } else { format!("{ROOT}.{path}") }
}

/// Returns the path of the logger that a config sets the level of, or `None` if the config is not a log level.
pub fn path(config: &Config) -> Option<&str> {
    if !matches!(config.config_type, ConfigType::LogLevel | ConfigType::LogLevelV2) {
        return None;
    }
    Some(config.key.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&config.key))
}

/// Creates a log level without rules.
pub fn new(key: String) -> Config {
    Config { key, config_type: ConfigType::LogLevelV2, value_type: ValueType::LogLevel, ..Config::default() }
}

/// Adds a temporary level. It replaces an earlier temporary level for the same target, and takes precedence over permanent
/// levels for everyone. A level for some contexts takes precedence over one for everyone.
pub fn add(config: &mut Config, environment: Option<EnvironmentId>, target: &RuleTarget, level: LogLevel) {
    remove(config, environment, target);
    let criteria = criteria(target);
    let rule = ConditionalValue { criteria, value: Some(Value::LogLevel(level).into()) };
    let row = row(config, environment);
    let at = match target {
        RuleTarget::Everyone => fallback(row).unwrap_or(row.values.len()),
        RuleTarget::User(_) | RuleTarget::Property(..) | RuleTarget::Segment(_) => 0,
    };
    row.values.insert(at, rule);
}

/// Sets a permanent level: the fallback of the environment, or the first rule.
pub fn set(config: &mut Config, environment: Option<EnvironmentId>, target: &RuleTarget, level: LogLevel) {
    if *target != RuleTarget::Everyone {
        return add(config, environment, target, level);
    }
    remove(config, environment, target);
    let row = row(config, environment);
    let value: Option<ConfigValue> = Some(Value::LogLevel(level).into());
    match fallback(row) {
        Some(at) => row.values[at].value = value,
        None => row.values.push(ConditionalValue { criteria: Vec::new(), value }),
    }
}

/// Removes a level that was added. Returns whether there was one. A row without other rules is removed as well.
pub fn remove(config: &mut Config, environment: Option<EnvironmentId>, target: &RuleTarget) -> bool {
    let criteria = criteria(target);
    let Some(at) = position(config, environment) else { return false };
    let before = config.rows[at].values.len();
    config.rows[at].values.retain(|rule| rule.criteria != criteria);
    let removed = config.rows[at].values.len() < before;
    clear(config, at);
    removed
}

/// Removes the fallback of an environment. Returns whether there was one.
pub fn remove_fallback(config: &mut Config, environment: Option<EnvironmentId>) -> bool {
    let Some(at) = position(config, environment) else { return false };
    let Some(rule) = fallback(&config.rows[at]) else { return false };
    config.rows[at].values.remove(rule);
    clear(config, at);
    true
}

/// Returns the target of a rule, or `None` if the rule is not a single level.
pub fn target(rule: &ConditionalValue) -> Option<RuleTarget> {
    let [criterion] = rule.criteria.as_slice() else {
        return rule.criteria.is_empty().then_some(RuleTarget::Everyone);
    };
    match (criterion.operator, criterion.value_to_match.as_ref().map(|value| &value.value)) {
        (Operator::AlwaysTrue, _) => Some(RuleTarget::Everyone),
        (Operator::PropIsOneOf, Some(Value::StringList(values))) => {
            Some(RuleTarget::Property(criterion.property_name.clone(), values.clone()))
        }
        (Operator::InSeg, Some(Value::String(key))) => Some(RuleTarget::Segment(key.clone())),
        _ => None,
    }
}

/// Returns the criteria for a target. A temporary level for everyone has a criterion as well, which distinguishes it from
/// a permanent one.
fn criteria(target: &RuleTarget) -> Vec<Criterion> {
    let (property_name, operator, value) = match target {
        RuleTarget::Everyone => (String::new(), Operator::AlwaysTrue, None),
        RuleTarget::Property(property, values) => {
            (property.clone(), Operator::PropIsOneOf, Some(Value::StringList(values.clone())))
        }
        RuleTarget::Segment(key) => (String::new(), Operator::InSeg, Some(Value::String(key.clone()))),
        RuleTarget::User(user) => {
            let values = Value::StringList(vec![user.clone()]);
            (crate::personal_overrides::PROPERTY.to_owned(), Operator::PropIsOneOf, Some(values))
        }
    };
    vec![Criterion { property_name, operator, value_to_match: value.map(Into::into) }]
}

fn fallback(row: &ConfigRow) -> Option<usize> {
    row.values.iter().position(|rule| rule.criteria.is_empty())
}

fn position(config: &Config, environment: Option<EnvironmentId>) -> Option<usize> {
    let wanted = environment.map(|id| id.0);
    config.rows.iter().position(|row| row.project_env_id.filter(|id| *id != 0) == wanted)
}

fn row(config: &mut Config, environment: Option<EnvironmentId>) -> &mut ConfigRow {
    let at = position(config, environment).unwrap_or(config.rows.len());
    if at == config.rows.len() {
        config.rows.push(ConfigRow { project_env_id: environment.map(|id| id.0), ..ConfigRow::default() });
    }
    &mut config.rows[at]
}

/// Removes an empty row, so that the environment inherits the default rules again.
fn clear(config: &mut Config, at: usize) {
    if config.rows[at].values.is_empty() {
        config.rows.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_a_temporary_level_keeps_permanent_ones() {
        let environment = Some(EnvironmentId(3));
        let user = RuleTarget::Property("user.key".to_owned(), vec!["7".to_owned()]);
        let mut config = new(key("app"));
        set(&mut config, environment, &RuleTarget::Everyone, LogLevel::Info);
        let before = config.clone();
        add(&mut config, environment, &RuleTarget::Everyone, LogLevel::Debug);
        add(&mut config, environment, &user, LogLevel::Trace);
        add(&mut config, environment, &user, LogLevel::Warn);
        let levels = |config: &Config| -> Vec<Value> {
            config.rows[0].values.iter().filter_map(|rule| Some(rule.value.as_ref()?.value.clone())).collect()
        };
        let (warn, debug, info) = (LogLevel::Warn, LogLevel::Debug, LogLevel::Info);
        assert_eq!(levels(&config), [warn.into(), debug.into(), info.into()]);
        assert!(
            remove(&mut config, environment, &user)
                && remove(&mut config, environment, &RuleTarget::Everyone)
        );
        assert!(!remove(&mut config, environment, &user));
        assert_eq!(config, before);
        assert!(remove_fallback(&mut config, environment) && config.rows.is_empty());
    }

    #[test]
    fn logger_paths_map_to_keys() {
        let check = |path: &str, key: &str| assert_eq!(super::key(path), key);
        check("app.db", "log-level.app.db");
        check("log-level.app", "log-level.app");
        check("log-level", "log-level");
        check("log-levels", "log-level.log-levels");
    }
}
