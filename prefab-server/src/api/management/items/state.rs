//! What an item comes to in each environment, for lists.

use prefab_core::{ConditionalValue, Config};
use serde::Serialize;
use utoipa::ToSchema;

use prefab_service::describe;
use prefab_store::Environment;

/// What an item comes to in one environment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct StateView {
    /// The environment's number, as a text.
    environment: String,
    /// What is given where no rule with criteria holds, in words.
    #[schema(example = "10 % true, 90 % false by user.key")]
    value: String,
    /// How many rules with criteria come before.
    targeted: usize,
    /// Whether the environment has rules of its own.
    is_own: bool,
}

/// Returns what an item comes to in each environment.
pub(super) fn of(config: &Config, environments: &[Environment]) -> Vec<StateView> {
    environments
        .iter()
        .map(|environment| {
            let own = rules(config, |id| id == Some(environment.id.0));
            let (rules, is_own) = match own {
                Some(rules) => (rules, true),
                None => (rules(config, |id| id.is_none_or(|id| id == 0)).unwrap_or_default(), false),
            };
            let last = rules.iter().find(|rule| rule.criteria.is_empty()).or(rules.last());
            StateView {
                environment: environment.id.to_string(),
                value: last
                    .and_then(|rule| rule.value.as_ref())
                    .map_or_else(|| "nothing".to_owned(), describe::value),
                targeted: rules.iter().filter(|rule| !rule.criteria.is_empty()).count(),
                is_own,
            }
        })
        .collect()
}

/// Tells whether somebody must not see one of its values.
pub(super) fn is_secret(config: &Config) -> bool {
    config
        .rows
        .iter()
        .flat_map(|row| &row.values)
        .filter_map(|rule| rule.value.as_ref())
        .any(prefab_core::ConfigValue::is_secret)
}

fn rules(config: &Config, is_wanted: impl Fn(Option<i64>) -> bool) -> Option<&[ConditionalValue]> {
    let row = config.rows.iter().find(|row| is_wanted(row.project_env_id))?;
    Some(&row.values)
}
