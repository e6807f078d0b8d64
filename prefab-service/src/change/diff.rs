//! The differences between two versions, as text for people.

use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigValue};

use crate::describe;
use prefab_store::Environment;

/// Describes the differences, one per entry. Returns nothing if the versions evaluate the same way.
pub fn describe(
    before: Option<&Config>,
    after: Option<&Config>,
    environments: &[Environment],
) -> Vec<String> {
    match (before, after) {
        (None, None) => Vec::new(),
        (Some(before), None) => vec![format!("deleted the {}", describe::kind(before))],
        (None, Some(after)) => {
            let empty = Config { rows: Vec::new(), ..after.clone() };
            let mut differences = vec![format!("created the {}", describe::kind(after))];
            if !after.tags.is_empty() {
                differences.push(format!("tags [{}]", after.tags.join(", ")));
            }
            differences.extend(rows(&empty, after, environments));
            differences
        }
        (Some(before), Some(after)) => {
            let mut differences = declarations(before, after);
            differences.extend(rows(before, after, environments));
            differences
        }
    }
}

fn declarations(before: &Config, after: &Config) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |what: &str, before: String, after: String| {
        if before != after {
            differences.push(format!("{what} from {before} to {after}"));
        }
    };
    check("kind", describe::kind(before), describe::kind(after));
    let audience = |config: &Config| {
        if config.send_to_client_sdk { "sent to front ends" } else { "kept from front ends" }.to_owned()
    };
    check("audience", audience(before), audience(after));
    let schema =
        |config: &Config| config.schema_key.as_ref().map_or("none".to_owned(), |key| format!("`{key}`"));
    check("schema", schema(before), schema(after));
    let tags = |config: &Config| format!("[{}]", config.tags.join(", "));
    check("tags", tags(before), tags(after));
    let variants = |config: &Config| {
        let variants: Vec<String> = config.allowable_values.iter().map(variant).collect();
        format!("[{}]", variants.join(", "))
    };
    check("variants", variants(before), variants(after));
    differences
}

fn variant(value: &ConfigValue) -> String {
    match &value.name {
        Some(name) => format!("{name}: {}", describe::value(value)),
        None => describe::value(value),
    }
}

fn rows(before: &Config, after: &Config, environments: &[Environment]) -> Vec<String> {
    let scopes = std::iter::once((None, "default".to_owned()))
        .chain(environments.iter().map(|environment| (Some(environment.id.0), environment.name.clone())));
    scopes.flat_map(|(id, name)| scope(&name, row(before, id), row(after, id))).collect()
}

/// Returns the row of an environment. An id of 0 means the default row.
fn row(config: &Config, environment: Option<i64>) -> Option<&ConfigRow> {
    config.rows.iter().find(|row| row.project_env_id.filter(|id| *id != 0) == environment)
}

fn scope(name: &str, before: Option<&ConfigRow>, after: Option<&ConfigRow>) -> Vec<String> {
    match (before, after) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![format!("{name}: own rules removed")],
        (None, Some(after)) => {
            after.values.iter().map(|rule| format!("{name}: {}", describe::rule(rule))).collect()
        }
        (Some(before), Some(after)) => rules(name, &before.values, &after.values),
    }
}

fn rules(name: &str, before: &[ConditionalValue], after: &[ConditionalValue]) -> Vec<String> {
    let same_conditions = before.len() == after.len()
        && before.iter().zip(after).all(|(before, after)| before.criteria == after.criteria);
    if same_conditions {
        let changed = before.iter().zip(after).filter(|(before, after)| before != after);
        return changed.map(|(before, after)| value_changed(name, before, after)).collect();
    }
    let removed = before.iter().filter(|rule| !after.contains(rule));
    let mut differences: Vec<String> =
        removed.map(|rule| format!("{name}: removed {}", describe::rule(rule))).collect();
    for (at, rule) in after.iter().enumerate().filter(|(_, rule)| !before.contains(rule)) {
        differences.push(format!("{name}: added as rule {} {}", at + 1, describe::rule(rule)));
    }
    if differences.is_empty() {
        differences.push(format!("{name}: rules reordered"));
    }
    differences
}

fn value_changed(name: &str, before: &ConditionalValue, after: &ConditionalValue) -> String {
    let value =
        |rule: &ConditionalValue| rule.value.as_ref().map_or_else(|| "nothing".to_owned(), describe::value);
    let place = describe::criteria(after).map(|criteria| format!(" when {criteria}")).unwrap_or_default();
    let (before, after) = (value(before), value(after));
    if before == after {
        // Two secrets have the same description.
        return format!("{name}{place}: changed to another {after}");
    }
    format!("{name}{place}: from {before} to {after}")
}

#[cfg(test)]
mod tests {
    use prefab_core::{ConfigType, Criterion, Operator, ValueType};

    use super::*;
    use prefab_core::ids::EnvironmentId;

    fn flag(rows: Vec<ConfigRow>) -> Config {
        Config {
            rows,
            config_type: ConfigType::FeatureFlag,
            value_type: ValueType::Bool,
            ..Config::default()
        }
    }

    fn pro(value: bool) -> ConditionalValue {
        let criterion = Criterion {
            property_name: "user.plan".to_owned(),
            operator: Operator::PropIsOneOf,
            value_to_match: Some(["pro"].into()),
        };
        ConditionalValue::when(vec![criterion], value)
    }

    #[track_caller]
    fn check(before: Option<&Config>, after: Option<&Config>, expected: &[&str]) {
        let environments = [Environment::new(EnvironmentId(3), "Production")];
        assert_eq!(describe(before, after, &environments), expected);
    }

    #[test]
    fn differences_are_described() {
        let always = |value: bool| vec![ConditionalValue::always(value)];
        let off = flag(vec![ConfigRow::default_row(always(false))]);
        let on = flag(vec![ConfigRow::default_row(always(true))]);
        let for_pro = flag(vec![ConfigRow::default_row(vec![pro(true), ConditionalValue::always(false)])]);
        let not_for_pro =
            flag(vec![ConfigRow::default_row(vec![pro(false), ConditionalValue::always(false)])]);
        let mut own = off.clone();
        own.rows.push(ConfigRow::for_environment(3, always(true)));
        check(None, Some(&off), &["created the feature flag", "default: false"]);
        check(Some(&off), Some(&on), &["default: from false to true"]);
        check(Some(&off), Some(&for_pro), &["default: added as rule 1 true when user.plan is one of [pro]"]);
        check(
            Some(&for_pro),
            Some(&not_for_pro),
            &["default when user.plan is one of [pro]: from true to false"],
        );
        check(Some(&off), Some(&own), &["Production: true"]);
        check(Some(&own), Some(&off), &["Production: own rules removed"]);
        check(Some(&off), Some(&off), &[]);
        check(Some(&off), None, &["deleted the feature flag"]);
    }
}
