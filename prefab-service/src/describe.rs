//! Values, rules and config types as text for people.

use prefab_core::{
    ConditionalValue, Config, ConfigType, ConfigValue, Value, ValueType, WeightedValues, datafile,
    text::TextBuffer,
};
use prefab_eval::describe_criterion;

/// Maximum number of characters of a text in a sentence.
const SHOWN: usize = 120;

/// Describes a value: `"hello"`, `10 % true, 90 % false by user.key`, `[encrypted]`.
pub fn value(value: &ConfigValue) -> String {
    if value.encrypted_with().is_some() {
        return "[encrypted]".to_owned();
    }
    match &value.value {
        Value::Provided(provided) => format!("environment variable `{}`", provided.lookup),
        _ if value.confidential => "[confidential]".to_owned(),
        Value::NotSet => "nothing".to_owned(),
        Value::String(text) => format!("\"{}\"", shortened(text)),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => TextBuffer::default().double(*double).to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::LogLevel(level) => level.name().to_owned(),
        Value::StringList(list) => format!("[{}]", shortened(&list.join(", "))),
        Value::Duration(text) => text.clone(),
        Value::Json(text) => shortened(text),
        Value::Schema(schema) => format!("schema {}", shortened(&schema.schema)),
        Value::Weighted(weighted) => self::weighted(weighted),
        Value::Bytes(_) | Value::IntRange(_) | Value::LimitDefinition(_) => {
            shortened(&datafile::value_to_json(value).to_string())
        }
    }
}

/// Describes a rule: `true when user.plan is one of [pro]`.
pub fn rule(rule: &ConditionalValue) -> String {
    let value = rule.value.as_ref().map_or_else(|| "nothing".to_owned(), value);
    match criteria(rule) {
        Some(criteria) => format!("{value} when {criteria}"),
        None => value,
    }
}

/// Describes the criteria of a rule, or returns `None` if it has none.
pub fn criteria(rule: &ConditionalValue) -> Option<String> {
    let criteria: Vec<String> = rule.criteria.iter().map(describe_criterion).collect();
    (!criteria.is_empty()).then(|| criteria.join(" and "))
}

/// Describes the type of a config: `feature flag`, `string config`.
pub fn kind(config: &Config) -> String {
    match config.config_type {
        ConfigType::FeatureFlag => "feature flag".to_owned(),
        ConfigType::LogLevel | ConfigType::LogLevelV2 => "log level".to_owned(),
        ConfigType::Segment => "segment".to_owned(),
        ConfigType::Schema => "schema".to_owned(),
        ConfigType::LimitDefinition => "limit".to_owned(),
        ConfigType::NotSet | ConfigType::Config | ConfigType::Deleted => match config.value_type {
            ValueType::NotSet => "config".to_owned(),
            other => format!("{} config", other.name().to_lowercase().replace('_', " ")),
        },
    }
}

fn weighted(weighted: &WeightedValues) -> String {
    let sum: f64 = weighted.values.iter().map(|choice| f64::from(choice.weight)).sum();
    let share = |weight: i32| {
        let percent = format!("{:.2}", 100.0 * f64::from(weight) / sum.max(1.0));
        percent.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let choices: Vec<String> = weighted
        .values
        .iter()
        .map(|choice| format!("{} % {}", share(choice.weight), value(&choice.value)))
        .collect();
    match weighted.hash_by_property_name.as_deref().filter(|name| !name.is_empty()) {
        Some(property) => format!("{} by {property}", choices.join(", ")),
        None => format!("{} at random", choices.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}
