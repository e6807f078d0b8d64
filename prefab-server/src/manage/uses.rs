//! Which configs refer to a config?

use prefab_core::Config;

use crate::{project::Configs, validate};

/// Names the configs that use this one as a segment, as a schema, or as the key of their secrets.
pub(crate) fn of(key: &str, standing: &Configs) -> Vec<String> {
    let mut users = validate::users_of_segment(key, standing);
    for (user, version) in standing {
        let refers = version.config.as_ref().is_some_and(|config| refers(config, key));
        if refers && user != key && !users.contains(user) {
            users.push(user.clone());
        }
    }
    users.sort();
    users
}

fn refers(config: &Config, key: &str) -> bool {
    let mut values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
    config.schema_key.as_deref() == Some(key) || values.any(|value| value.encrypted_with() == Some(key))
}
