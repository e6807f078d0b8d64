//! Selects what of a config is sent to SDKs: what every official client supports, and nothing of other environments.
//!
//! The official clients differ in many details, so the server sends only what they agree on. The comments name the client
//! that requires each rule.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, IntRange, Operator, Value,
    WeightedValue, WeightedValues,
};

use prefab_core::ids::EnvironmentId;

/// Returns a config as clients of one environment receive it. `is_segment` returns whether a segment exists.
///
/// A config without rules for the environment becomes a tombstone. If it were omitted, clients would keep its old value.
/// A schema becomes a tombstone as well: no SDK reads schemas, and Ruby logs an error for each.
pub fn for_sdk(config: &Config, environment: EnvironmentId, is_segment: impl Fn(&str) -> bool) -> Config {
    if config.config_type == ConfigType::Schema {
        return tombstone(config.id, config.project_id, &config.key);
    }
    for_environment(config, environment, is_segment)
}

/// Returns the part of a config that applies in one environment, schemas included. Otherwise like [`for_sdk`].
pub fn for_environment(
    config: &Config,
    environment: EnvironmentId,
    is_segment: impl Fn(&str) -> bool,
) -> Config {
    let rows = if config.is_tombstone() { Vec::new() } else { rows(config, environment, &is_segment) };
    if rows.is_empty() {
        return tombstone(config.id, config.project_id, &config.key);
    }
    let Config {
        id,
        project_id,
        key,
        changed_by: _,
        rows: _,
        allowable_values,
        config_type,
        draft_id: _,
        value_type,
        send_to_client_sdk,
        schema_key,
        tags: _,
    } = config;
    Config {
        id: *id,
        project_id: *project_id,
        key: key.clone(),
        // Omitted: authors are private, and each byte is sent to every client.
        changed_by: None,
        rows,
        allowable_values: allowable_values.clone(),
        config_type: *config_type,
        draft_id: None,
        value_type: *value_type,
        send_to_client_sdk: *send_to_client_sdk,
        schema_key: schema_key.clone(),
        tags: Vec::new(),
    }
}

/// Returns a tombstone in the form that every client supports.
pub fn tombstone(id: i64, project_id: i64, key: &str) -> Config {
    Config { id, project_id, key: key.to_owned(), config_type: ConfigType::Deleted, ..Config::default() }
}

/// Returns the row of the environment, then the default row. Python and Node would evaluate the row of another
/// environment, and Ruby reports a row by its position.
fn rows(config: &Config, environment: EnvironmentId, is_segment: &impl Fn(&str) -> bool) -> Vec<ConfigRow> {
    let own = row(config, Some(environment.0), |id| id == Some(environment.0), is_segment);
    // Some clients treat 0 as the default row and others ignore it. All clients treat an absent id as the default row.
    let default = row(config, None, |id| matches!(id, None | Some(0)), is_segment);
    let mut rows: Vec<ConfigRow> = own.into_iter().chain(default).collect();
    if config.config_type == ConfigType::Segment {
        end_segment_with_value(&mut rows);
    }
    rows
}

/// Merges all rows for the same environment, because clients read only the first one.
fn row(
    config: &Config,
    project_env_id: Option<i64>,
    is_meant: impl Fn(Option<i64>) -> bool,
    is_segment: &impl Fn(&str) -> bool,
) -> Option<ConfigRow> {
    let mut found = config.rows.iter().filter(|row| is_meant(row.project_env_id)).peekable();
    found.peek()?;
    let mut merged = ConfigRow { project_env_id, ..ConfigRow::default() };
    for row in found {
        merged.values.extend(row.values.iter().filter_map(|rule| self::rule(rule, is_segment)));
        merged.properties.extend(row.properties.clone());
    }
    Some(merged)
}

/// Ends every segment with an unconditional value: Python raises an error for a segment without a matching rule.
fn end_segment_with_value(rows: &mut Vec<ConfigRow>) {
    if rows.is_empty() {
        rows.push(ConfigRow::default());
    }
    for row in rows {
        if row.values.last().is_none_or(|rule| !rule.criteria.is_empty()) {
            row.values.push(ConditionalValue::always(false));
        }
    }
}

/// Returns the rule, or `None` if it can never match.
fn rule(rule: &ConditionalValue, is_segment: &impl Fn(&str) -> bool) -> Option<ConditionalValue> {
    let mut criteria = Vec::with_capacity(rule.criteria.len());
    for criterion in &rule.criteria {
        match self::criterion(criterion, is_segment) {
            Translation::Criteria(sent) => criteria.extend(sent),
            Translation::NeverMatches => return None,
        }
    }
    Some(ConditionalValue { criteria, value: rule.value.as_ref().map(value) })
}

/// The translation of a criterion.
enum Translation {
    /// The criteria that replace it, all of which must match. Empty if it always matches.
    Criteria(Vec<Criterion>),
    /// The criterion never matches, so its rule is removed.
    NeverMatches,
}

fn criterion(criterion: &Criterion, is_segment: &impl Fn(&str) -> bool) -> Translation {
    let renamed = |operator| {
        let name = &criterion.property_name;
        let property_name = if name.is_empty() { prefab_core::context::LOOKUP } else { name }.to_owned();
        Translation::Criteria(vec![Criterion { property_name, operator, ..criterion.clone() }])
    };
    let segment_exists = || match criterion.value_to_match.as_ref().map(|value| &value.value) {
        Some(Value::String(key)) => is_segment(key),
        _ => false,
    };
    match criterion.operator {
        // Node and Ruby raise an error for these operators.
        Operator::AlwaysTrue => Translation::Criteria(Vec::new()),
        Operator::LookupKeyIn => renamed(Operator::PropIsOneOf),
        Operator::LookupKeyNotIn => renamed(Operator::PropIsNotOneOf),
        // No official client supports the last two, which are extensions. Validation rejects them.
        Operator::NotSet | Operator::Other(_) | Operator::IsPresent | Operator::IsNotPresent => {
            Translation::NeverMatches
        }
        // Python raises an error for a segment that does not exist.
        Operator::InSeg if !segment_exists() => Translation::NeverMatches,
        Operator::NotInSeg if !segment_exists() => Translation::Criteria(Vec::new()),
        // Python does not support ranges, Node includes the end, and Node and Ruby treat an absent bound as 0.
        Operator::InIntRange => in_range(criterion),
        _ => Translation::Criteria(vec![criterion.clone()]),
    }
}

fn in_range(criterion: &Criterion) -> Translation {
    let Some(Value::IntRange(range)) = criterion.value_to_match.as_ref().map(|value| &value.value) else {
        return Translation::NeverMatches;
    };
    let IntRange { start, end } = *range;
    let bound = |operator, bound: i64| Criterion {
        property_name: criterion.property_name.clone(),
        operator,
        value_to_match: Some(bound.into()),
    };
    // A range without bounds matches every number, so one bound is kept.
    let start = start.or(if end.is_none() { Some(i64::MIN) } else { None });
    let from = start.map(|start| bound(Operator::PropGreaterThanOrEqual, start));
    let to = end.map(|end| bound(Operator::PropLessThan, end));
    Translation::Criteria(from.into_iter().chain(to).collect())
}

fn value(value: &ConfigValue) -> ConfigValue {
    let Value::Weighted(weighted) = &value.value else { return value.clone() };
    let WeightedValues { values, hash_by_property_name } = weighted;
    let choices = values
        .iter()
        .map(|WeightedValue { weight, value }| WeightedValue { weight: *weight, value: self::value(value) });
    let weighted = WeightedValues {
        values: choices.collect(),
        // Node raises an error if it is absent. For all clients an empty name means a random choice.
        hash_by_property_name: Some(hash_by_property_name.clone().unwrap_or_default()),
    };
    ConfigValue { value: Value::Weighted(weighted), ..value.clone() }
}

#[cfg(test)]
#[path = "for_sdk/tests.rs"]
mod tests;
