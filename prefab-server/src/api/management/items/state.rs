//! The value of an item in each environment, for lists.

use prefab_core::{ConditionalValue, Config};

use prefab_management_api::ItemState;
use prefab_service::describe;
use prefab_store::Environment;

/// Returns the value of an item in each environment.
pub(super) fn of(config: &Config, environments: &[Environment]) -> Vec<ItemState> {
    environments
        .iter()
        .map(|environment| {
            let own = rules(config, |id| id == Some(environment.id.0));
            let (rules, is_own) = match own {
                Some(rules) => (rules, true),
                None => (rules(config, |id| id.is_none_or(|id| id == 0)).unwrap_or_default(), false),
            };
            let last = rules.iter().find(|rule| rule.criteria.is_empty()).or(rules.last());
            ItemState {
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

fn rules(config: &Config, is_selected: impl Fn(Option<i64>) -> bool) -> Option<&[ConditionalValue]> {
    let row = config.rows.iter().find(|row| is_selected(row.project_env_id))?;
    Some(&row.values)
}
