//! Validation of configs. Each problem has a place and a code.

mod compiled;
mod lossless;
mod schema;
mod value;
mod variants;

use std::collections::HashSet;

use prefab_core::{Config, ConfigType, ConfigValue, Operator, Value, ValueType};

use crate::{
    Problem,
    ProblemCode::{self, Duplicate, Invalid, OutOfRange, Required, Unknown, WrongType},
    confidential::is_hidden,
    limits::Limits,
    project::{Configs, SharedKeys},
};
use prefab_store::{
    Environment,
    names::{Case, fold},
};

pub use compiled::validate_ruleset;
pub use lossless::convert_to_declared_type;
pub use schema::Schemas;
pub use value::{ValueProblem, check_value};
pub use variants::add_bool_variants;

/// Maximum number of tags per config.
const MAX_TAGS: usize = 20;
/// Maximum length of a tag, in characters.
const MAX_TAG_CHARS: usize = 40;

/// The cause of an invalid duration that must not be shown.
const CONFIDENTIAL_DURATION: &str = "expected an ISO 8601 duration, for example `PT30S`";

/// Number of problems after which the validation of a config ends.
const MAX_PROBLEMS: usize = 20;

/// Lists the problems of a config beside the current ones.
pub fn find_problems(
    config: &Config,
    (current, shared): (&Configs, &SharedKeys),
    environments: &[Environment],
    limits: &Limits,
) -> Vec<Problem> {
    let mut problems = validate_config(config, current, environments, &mut Schemas::new(limits));
    if problems.len() < MAX_PROBLEMS {
        for (_, problem) in validate_ruleset(&[config], (current, shared), environments, MAX_PROBLEMS) {
            // The engine also reports missing and unknown operators.
            if !problems.iter().any(|known| known.place == problem.place) {
                problems.push(problem);
            }
        }
    }
    problems.truncate(MAX_PROBLEMS);
    problems
}

/// Lists the problems of a config itself. [`convert_to_declared_type`] comes first.
pub fn validate_config(
    config: &Config,
    current: &Configs,
    environments: &[Environment],
    schemas: &mut Schemas<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if config.key.trim().is_empty() || config.key.len() > 512 {
        problems.push(Problem::at("key", OutOfRange, "expected 1 to 512 bytes"));
    }
    let is_new = !current.contains_key(&config.key);
    if is_new && !config.key.trim().is_empty() && fold(&config.key, Case::Sensitive).is_empty() {
        problems.push(Problem::at("key", Invalid, "expected at least one visible character"));
    }
    if matches!(&*config.key, "." | "..") || config.key.chars().any(char::is_control) {
        // HTTP clients resolve dots in paths, so such a key could never be requested.
        problems.push(Problem::at("key", Invalid, "expected neither control characters nor only dots"));
    }
    if config.rows.is_empty() {
        problems.push(Problem::at("rows", Required, "expected at least one"));
    }
    tags(&config.tags, &mut problems);
    rows(config, environments, &mut problems);
    problems.extend(schemas.problems(config, current));
    problems
}

/// Lists the keys of the configs that refer to a segment.
pub fn users_of_segment(key: &str, current: &Configs) -> Vec<String> {
    let refers = |config: &Config| refers_to(config, key);
    let users = current.values().filter(|version| version.config.as_ref().is_some_and(refers));
    users.map(|version| version.key.clone()).filter(|user| user != key).collect()
}

/// Returns whether a rule of a config refers to a segment.
fn refers_to(config: &Config, segment: &str) -> bool {
    segments_of(config).any(|key| key == segment)
}

/// Returns the keys of the segments that a config's rules refer to.
pub fn segments_of(config: &Config) -> impl Iterator<Item = &str> {
    let criteria = config.rows.iter().flat_map(|row| &row.values).flat_map(|rule| &rule.criteria);
    let within =
        criteria.filter(|criterion| matches!(criterion.operator, Operator::InSeg | Operator::NotInSeg));
    within.filter_map(|criterion| match &criterion.value_to_match.as_ref()?.value {
        Value::String(key) => Some(&**key),
        _ => None,
    })
}

fn tags(tags: &[String], problems: &mut Vec<Problem>) {
    if tags.len() > MAX_TAGS {
        problems.push(Problem::at("tags", OutOfRange, format!("expected at most {MAX_TAGS}")));
        return;
    }
    for (at, tag) in tags.iter().enumerate().take(MAX_TAGS) {
        let is_good = tag.trim() == tag
            && (1..=MAX_TAG_CHARS).contains(&tag.chars().count())
            && !fold(tag, Case::Sensitive).is_empty()
            && !tag.contains(|one: char| one == ',' || one.is_control());
        if !is_good {
            let expected =
                format!("expected 1 to {MAX_TAG_CHARS} characters without commas, nor spaces around them");
            problems.push(Problem::at(format!("tags[{at}]"), Invalid, expected));
        } else if tags[..at].iter().any(|other| fold(other, Case::Sensitive) == fold(tag, Case::Sensitive)) {
            let message = format!("\"{tag}\" occurs twice");
            problems.push(Problem::at(format!("tags[{at}]"), Duplicate, message));
        }
    }
}

fn rows(config: &Config, environments: &[Environment], problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    for (at, row) in config.rows.iter().enumerate() {
        let id = row.project_env_id.filter(|id| *id != 0);
        if !seen.insert(id) {
            let message = "a second row for the same environment";
            problems.push(Problem::at(format!("rows[{at}].projectEnvId"), Duplicate, message));
        }
        if let Some(id) = id
            && !environments.iter().any(|environment| environment.id.0 == id)
        {
            let message = format!("this project has no environment {id}");
            problems.push(Problem::at(format!("rows[{at}].projectEnvId"), Unknown, message));
        }
        for (rule_at, rule) in row.values.iter().enumerate() {
            if problems.len() >= MAX_PROBLEMS {
                return;
            }
            let place = format!("rows[{at}].values[{rule_at}]");
            for (criterion_at, criterion) in rule.criteria.iter().enumerate() {
                let place = format!("{place}.criteria[{criterion_at}]");
                if let Some((code, cause)) = operator_problem(criterion.operator) {
                    problems.push(Problem::at(format!("{place}.operator"), code, cause));
                }
                let names_segment = matches!(criterion.operator, Operator::InSeg | Operator::NotInSeg);
                if names_segment && criterion.value_to_match.as_ref().is_some_and(is_hidden) {
                    let cause = "the key of a segment must not be confidential";
                    problems.push(Problem::at(format!("{place}.valueToMatch"), Invalid, cause));
                }
            }
            match &rule.value {
                Some(value) => value_problems(config, value, &format!("{place}.value"), problems),
                None => problems.push(Problem::at(format!("{place}.value"), Required, "expected a value")),
            }
        }
    }
}

fn operator_problem(operator: Operator) -> Option<(ProblemCode, &'static str)> {
    match operator {
        Operator::NotSet => Some((Required, "expected an operator")),
        Operator::Other(_) => Some((Unknown, "unknown operator")),
        // Operators with negative numbers are not in the protocol.
        own if own.number() < 0 => {
            Some((Invalid, "official clients do not support this operator; compare with a list instead"))
        }
        _ => None,
    }
}

fn value_problems(config: &Config, value: &ConfigValue, place: &str, problems: &mut Vec<Problem>) {
    if let Value::Weighted(weighted) = &value.value {
        let sum: i64 = weighted.values.iter().map(|choice| i64::from(choice.weight)).sum();
        if sum <= 0 || weighted.values.iter().any(|choice| choice.weight < 0) {
            let message = "weights must not be negative, nor all be 0";
            problems.push(Problem::at(format!("{place}.weightedValues"), OutOfRange, message));
        }
        for (at, choice) in weighted.values.iter().enumerate() {
            if problems.len() >= MAX_PROBLEMS {
                return;
            }
            let place = format!("{place}.weightedValues.weightedValues[{at}].value");
            value_problems(config, &choice.value, &place, problems);
        }
        return;
    }
    if let Value::Duration(text) = &value.value
        && let Err(error) = prefab_core::parse_duration(text)
    {
        let cause = if value.confidential { CONFIDENTIAL_DURATION.to_owned() } else { error.to_string() };
        problems.push(Problem::at(format!("{place}.duration"), Invalid, cause));
    }
    if let Value::Json(text) = &value.value
        && value.encrypted_with().is_none()
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text)
    {
        let cause = if value.confidential { "expected JSON".to_owned() } else { error.to_string() };
        problems.push(Problem::at(format!("{place}.json"), Invalid, cause));
    }
    if !is_of_type(value, config) {
        let (declared, actual) = (config.value_type.name(), value.value.kind());
        let message = match (config.value_type, &value.value) {
            (ValueType::Double, Value::Int(int)) if !value.confidential => {
                format!(
                    "the config is declared as {declared}, but a double cannot represent the int {int} exactly"
                )
            }
            _ => format!("the config is declared as {declared}, but the value is {actual}"),
        };
        problems.push(Problem::at(place, WrongType, message));
    }
}

fn is_of_type(value: &ConfigValue, config: &Config) -> bool {
    // Encrypted values are strings, and provided values are converted by the client.
    if value.encrypted_with().is_some() || matches!(value.value, Value::Provided(_)) {
        return true;
    }
    match (config.value_type, &value.value) {
        (_, Value::NotSet) => false,
        (ValueType::NotSet, _)
        | (ValueType::Int, Value::Int(_))
        | (ValueType::String, Value::String(_))
        | (ValueType::Bytes, Value::Bytes(_))
        | (ValueType::Double, Value::Double(_))
        | (ValueType::Bool, Value::Bool(_))
        | (ValueType::LimitDefinition, Value::LimitDefinition(_))
        | (ValueType::LogLevel, Value::LogLevel(_))
        | (ValueType::StringList, Value::StringList(_))
        | (ValueType::IntRange, Value::IntRange(_))
        | (ValueType::Duration, Value::Duration(_))
        | (ValueType::Json, Value::Json(_)) => true,
        // A schema may be declared with any type.
        (_, Value::Schema(_)) => config.config_type == ConfigType::Schema,
        _ => false,
    }
}
