//! Configs that cannot be evaluated from an export without its confidential values.

use std::collections::{BTreeMap, BTreeSet};

use prefab_core::{Config, ConfigType, ConfigValue, Operator, Value, confidential::is_fingerprint};

/// The keys whose result depends on a redacted value, each with the key of the config that contains the value.
pub(crate) type Dependents = BTreeMap<String, String>;

/// Finds the configs whose result depends on redacted values: of criteria, of segments, or of encryption keys.
pub(crate) fn dependents(configs: &[Config]) -> Dependents {
    let by_key: BTreeMap<&str, &Config> = configs.iter().map(|config| (&*config.key, config)).collect();
    let find = |config: &Config| {
        let owner = redacted_owner(config, &by_key, &mut BTreeSet::new())?;
        Some((config.key.clone(), owner))
    };
    configs.iter().filter_map(find).collect()
}

/// Returns the key of a config with a redacted value that decides the result of `config`.
fn redacted_owner<'c>(
    config: &'c Config,
    by_key: &BTreeMap<&str, &'c Config>,
    visited: &mut BTreeSet<&'c str>,
) -> Option<String> {
    if !visited.insert(&config.key) {
        return None;
    }
    let rules = || config.rows.iter().flat_map(|row| &row.values);
    let operands = || rules().flat_map(|rule| &rule.criteria);
    let is_own = operands().filter_map(|criterion| criterion.value_to_match.as_ref()).any(is_redacted)
        || (config.config_type == ConfigType::Segment && has_redacted_value(config));
    if is_own {
        return Some(config.key.clone());
    }
    let segments = operands().filter_map(|criterion| match (criterion.operator, &criterion.value_to_match) {
        (Operator::InSeg | Operator::NotInSeg, Some(ConfigValue { value: Value::String(key), .. })) => {
            by_key.get(key.as_str()).copied()
        }
        _ => None,
    });
    let encryption_keys = values(config).filter_map(|value| by_key.get(value.encrypted_with()?).copied());
    let of_segments =
        segments.collect::<Vec<_>>().into_iter().find_map(|segment| redacted_owner(segment, by_key, visited));
    of_segments.or_else(|| {
        encryption_keys.into_iter().find_map(|key| {
            if has_redacted_value(key) { Some(key.key.clone()) } else { redacted_owner(key, by_key, visited) }
        })
    })
}

fn has_redacted_value(config: &Config) -> bool {
    values(config).any(is_redacted)
}

/// Returns the values of all rules, and those of percentage rollouts.
fn values(config: &Config) -> impl Iterator<Item = &ConfigValue> {
    let of_rules = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    of_rules.flat_map(|value| {
        let choices: &[_] = match &value.value {
            Value::Weighted(weighted) => &weighted.values,
            _ => &[],
        };
        std::iter::once(value).chain(choices.iter().map(|choice| &choice.value))
    })
}

fn is_redacted(value: &ConfigValue) -> bool {
    matches!(&value.value, Value::String(text) if value.confidential && is_fingerprint(text))
}

#[cfg(test)]
mod tests {
    use prefab_core::datafile;
    use serde_json::json;

    use super::*;

    #[test]
    fn criteria_segments_and_encryption_keys_decide_results_but_values_do_not() {
        let hidden = json!({"string": "*****81dc9", "confidential": true});
        let rule = |criteria, value| json!({"rows": [{"values": [{"criteria": criteria, "value": value}]}]});
        let config = |id: &str, key: &str, config_type: &str, rows: serde_json::Value| json!({"id": id, "key": key, "configType": config_type, "rows": rows["rows"]});
        let criterion = |operator: &str, value: &serde_json::Value| json!([{"propertyName": "user.key", "operator": operator, "valueToMatch": value}]);
        let one = json!({"int": "1"});
        let configs = json!({"configs": [
            config("1", "value", "CONFIG", rule(json!([]), hidden.clone())),
            config("2", "by-criterion", "CONFIG", rule(criterion("PROP_MATCHES", &hidden), one.clone())),
            config("3", "hidden-segment", "SEGMENT", rule(json!([]), hidden.clone())),
            config("4", "by-segment", "CONFIG", rule(criterion("IN_SEG", &json!({"string": "outer"})), one.clone())),
            config("5", "outer", "SEGMENT", rule(criterion("NOT_IN_SEG", &json!({"string": "hidden-segment"})),
                json!({"bool": true}))),
            config("6", "encrypted", "CONFIG", rule(json!([]), json!({"string": "ab", "decryptWith": "value"}))),
            config("7", "plain", "CONFIG", rule(criterion("IN_SEG", &json!({"string": "loop"})), one)),
            config("8", "loop", "SEGMENT", rule(criterion("IN_SEG", &json!({"string": "loop"})), json!({"bool": true}))),
        ]});
        let found = dependents(&datafile::from_json(&configs).unwrap().set.configs);
        let found: Vec<_> = found.iter().map(|(key, owner)| (&**key, &**owner)).collect();
        let expected = [
            ("by-criterion", "by-criterion"),
            ("by-segment", "hidden-segment"),
            ("encrypted", "value"),
            ("hidden-segment", "hidden-segment"),
            ("outer", "hidden-segment"),
        ];
        assert_eq!(found, expected);
    }
}
