//! Personal overrides: a first rule that matches one user in one environment.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Criterion, LogLevel, Operator, Value, ValueType,
};
use serde_json::Value as Json;

use prefab_core::ids::EnvironmentId;

/// The property that contains the user id of an API key.
pub(super) const PROPERTY: &str = "prefab-api-key.user-id";

/// The value of one user in one environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Override<'c> {
    /// The environment in which the override is in effect.
    pub environment: EnvironmentId,
    /// The id of the user.
    pub user: &'c str,
    /// The value that the user gets.
    pub value: &'c ConfigValue,
}

/// Lists the personal overrides of a config.
pub fn list(config: &Config) -> Vec<Override<'_>> {
    let mut found = Vec::new();
    for row in &config.rows {
        let Some(id) = row.project_env_id else { continue };
        for rule in &row.values {
            let (Some(users), Some(value)) = (users(rule), &rule.value) else { continue };
            let environment = EnvironmentId(id);
            found.extend(users.iter().map(|user| Override { environment, user, value }));
        }
    }
    found
}

/// Sets the value of a user. It replaces an earlier override of the same user.
pub fn assign(config: &mut Config, environment: EnvironmentId, user: &str, mut value: ConfigValue) {
    remove(config, environment, user);
    let mut values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    // An override of a confidential value is confidential as well.
    value.confidential = value.confidential || values.any(ConfigValue::is_secret);
    let criterion = Criterion {
        property_name: PROPERTY.to_owned(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some([user].into()),
    };
    let rule = ConditionalValue::when(vec![criterion], value);
    match config.rows.iter_mut().find(|row| row.project_env_id == Some(environment.0)) {
        Some(row) => row.values.insert(0, rule),
        None => config.rows.push(ConfigRow::for_environment(environment.0, vec![rule])),
    }
}

/// Removes the value of a user. Returns whether there was one.
pub fn remove(config: &mut Config, environment: EnvironmentId, user: &str) -> bool {
    let Some(at) = config.rows.iter().position(|row| row.project_env_id == Some(environment.0)) else {
        return false;
    };
    let row = &mut config.rows[at];
    let mut removed = false;
    row.values.retain_mut(|rule| {
        let Some(users) = users(rule).filter(|users| users.iter().any(|other| other == user)) else {
            return true;
        };
        removed = true;
        let others: Vec<String> = users.iter().filter(|other| *other != user).cloned().collect();
        let stays = !others.is_empty();
        rule.criteria[0].value_to_match = Some(Value::StringList(others).into());
        stays
    });
    // Without the override the row is empty. It is removed, so that the environment inherits the default rules again.
    if removed && row.values.is_empty() && config.rows.len() > 1 {
        config.rows.remove(at);
    }
    removed
}

/// Returns the users of a rule, or `None` if it is not an override.
fn users(rule: &ConditionalValue) -> Option<&[String]> {
    let [criterion] = rule.criteria.as_slice() else { return None };
    let is_ours = criterion.property_name == PROPERTY && criterion.operator == Operator::PropIsOneOf;
    match criterion.value_to_match.as_ref().map(|value| &value.value) {
        Some(Value::StringList(users)) if is_ours => Some(users),
        _ => None,
    }
}

/// Parses a value with strings for leaves, as the official tool sends overrides: `{"int": "42"}`.
///
/// The declared type of the config decides how a string is parsed.
///
/// # Errors
///
/// The member that is invalid, and what is expected there.
pub fn coerce(variant: &Json, declared: ValueType) -> Result<ConfigValue, String> {
    let fields = variant.as_object().ok_or("`variant`: expected an object such as {\"bool\": \"true\"}")?;
    let (kind, leaf) = fields.iter().next().ok_or("`variant`: expected one member, such as \"bool\"")?;
    let kind = named(declared).unwrap_or(kind);
    let refused = |expected: &str| Err(format!("`variant.{kind}`: expected {expected}, not {leaf}"));
    let text = match leaf {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(leaf.to_string()),
        _ => None,
    };
    let text = || text.clone().ok_or(());
    let value = match kind {
        "int" => text().and_then(|text| text.trim().parse().map_err(drop)).map(Value::Int),
        "double" => match text().and_then(|text| text.trim().parse::<f64>().map_err(drop)) {
            Ok(double) if double.is_finite() => Ok(Value::Double(double)),
            _ => Err(()),
        },
        "bool" => text().and_then(|text| text.trim().parse().map_err(drop)).map(Value::Bool),
        "string" => text().map(Value::String),
        "logLevel" => text().and_then(|text| level(&text).ok_or(())).map(Value::LogLevel),
        "stringList" => list_of(leaf).map(Value::StringList).ok_or(()),
        "json" => Ok(Value::Json(inner(leaf, "json"))),
        "duration" => Ok(Value::Duration(inner(leaf, "definition"))),
        _ => return refused("a type of value that can be overridden"),
    };
    match value {
        Ok(value) => Ok(value.into()),
        Err(()) => refused(match kind {
            "int" => "a whole number",
            "double" => "a number",
            "bool" => "true or false",
            "logLevel" => "TRACE, DEBUG, INFO, WARN, ERROR or FATAL",
            "stringList" => "a list of strings",
            _ => "a string",
        }),
    }
}

fn named(declared: ValueType) -> Option<&'static str> {
    match declared {
        ValueType::Int => Some("int"),
        ValueType::String => Some("string"),
        ValueType::Double => Some("double"),
        ValueType::Bool => Some("bool"),
        ValueType::LogLevel => Some("logLevel"),
        ValueType::StringList => Some("stringList"),
        ValueType::Duration => Some("duration"),
        ValueType::Json => Some("json"),
        _ => None,
    }
}

fn level(text: &str) -> Option<LogLevel> {
    let text = text.trim();
    LogLevel::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text))
}

fn list_of(leaf: &Json) -> Option<Vec<String>> {
    let items = leaf.get("values").unwrap_or(leaf).as_array()?;
    items.iter().map(|item| item.as_str().map(ToOwned::to_owned)).collect()
}

/// Returns the string, which may be wrapped in a message.
fn inner(leaf: &Json, field: &str) -> String {
    match leaf.get(field).unwrap_or(leaf) {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_override_comes_first_and_is_removed_completely() {
        let mut config = Config::constant("k", 1);
        let before = config.clone();
        let environment = EnvironmentId(3);
        assign(&mut config, environment, "7", 2.into());
        assign(&mut config, environment, "8", 3.into());
        assign(&mut config, environment, "7", 4.into());
        let shown: Vec<_> =
            list(&config).iter().map(|found| (found.user.to_owned(), found.value.clone())).collect();
        assert_eq!(shown, [("7".to_owned(), 4.into()), ("8".to_owned(), 3.into())]);
        assert!(remove(&mut config, environment, "7") && remove(&mut config, environment, "8"));
        assert!(!remove(&mut config, environment, "8"));
        assert_eq!(config, before);
    }

    #[test]
    fn texts_are_converted_to_the_declared_type() {
        let check = |variant: Json, declared, value: Value| {
            assert_eq!(coerce(&variant, declared), Ok(value.into()));
        };
        check(json!({"bool": "true"}), ValueType::Bool, true.into());
        check(json!({"int": "9007199254740993"}), ValueType::Int, 9_007_199_254_740_993_i64.into());
        check(json!({"double": "42.1"}), ValueType::Double, 42.1.into());
        check(json!({"stringList": {"values": ["q"]}}), ValueType::StringList, ["q"].into());
        check(json!({"json": "{\"o\":1}"}), ValueType::Json, Value::Json("{\"o\":1}".to_owned()));
        check(json!({"logLevel": "DEBUG"}), ValueType::LogLevel, LogLevel::Debug.into());
        let refused = coerce(&json!({"double": "pumpkin"}), ValueType::Double).unwrap_err();
        assert_eq!(refused, "`variant.double`: expected a number, not \"pumpkin\"");
    }
}
