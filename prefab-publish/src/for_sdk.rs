//! What of a config leaves the house: what every official client understands, and nothing of other
//! environments.
//!
//! The clients in the field disagree about much, so the server says only what they agree on. Each rule here
//! names the trap it avoids.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, IntRange, Operator, Value,
    WeightedValue, WeightedValues,
};

use prefab_core::ids::EnvironmentId;

/// Returns a config as clients of one environment get it; `is_segment` tells which segments there are.
///
/// What has no rules for that environment is a tombstone there, since leaving the key out would leave the
/// old value standing in every client.
pub fn for_sdk(config: &Config, environment: EnvironmentId, is_segment: impl Fn(&str) -> bool) -> Config {
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
        // Who changed it is nobody's business out there, and every byte goes to every client.
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

/// Returns a deletion in the one form that every client takes for one.
pub fn tombstone(id: i64, project_id: i64, key: &str) -> Config {
    Config { id, project_id, key: key.to_owned(), config_type: ConfigType::Deleted, ..Config::default() }
}

/// The environment's own row first, then the default row: Python and Node would serve another
/// environment's row, and Ruby reports a row by its place.
fn rows(config: &Config, environment: EnvironmentId, is_segment: &impl Fn(&str) -> bool) -> Vec<ConfigRow> {
    let own = row(config, Some(environment.0), |id| id == Some(environment.0), is_segment);
    // Zero is a default row to some clients and lost to others; absent is the same to all.
    let default = row(config, None, |id| matches!(id, None | Some(0)), is_segment);
    let mut rows: Vec<ConfigRow> = own.into_iter().chain(default).collect();
    if config.config_type == ConfigType::Segment {
        end_segment_with_value(&mut rows);
    }
    rows
}

/// Makes one row of all that are meant for the same; clients look at the first only.
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

/// Python raises for a segment that matches nothing, so every segment ends in an answer.
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

/// Returns the rule, or nothing if it can never hold.
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

/// How a criterion is said.
enum Translation {
    /// As these, all of which must hold; as none if it always holds.
    Criteria(Vec<Criterion>),
    /// Not at all, and the rule neither.
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
        // Node throws on these, Ruby raises.
        Operator::AlwaysTrue => Translation::Criteria(Vec::new()),
        Operator::LookupKeyIn => renamed(Operator::PropIsOneOf),
        Operator::LookupKeyNotIn => renamed(Operator::PropIsNotOneOf),
        // The last two are extensions of ours, which no official client has words for; validation keeps them out.
        Operator::NotSet | Operator::Other(_) | Operator::IsPresent | Operator::IsNotPresent => {
            Translation::NeverMatches
        }
        // Python raises on a segment that is not there.
        Operator::InSeg if !segment_exists() => Translation::NeverMatches,
        Operator::NotInSeg if !segment_exists() => Translation::Criteria(Vec::new()),
        // Python does not know ranges, Node counts the end in, and unset bounds are 0 to Node and Ruby.
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
    // Without any bound it still says that the property is a number.
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
        // Node throws where it is absent; empty means chance to all.
        hash_by_property_name: Some(hash_by_property_name.clone().unwrap_or_default()),
    };
    ConfigValue { value: Value::Weighted(weighted), ..value.clone() }
}

#[cfg(test)]
#[path = "for_sdk/tests.rs"]
mod tests;
