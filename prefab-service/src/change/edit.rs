//! One config of a change request.

use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigValue, ids::EnvironmentId};
use prefab_store::{Draft, Expected, Version};

use crate::{Error, change::prepared::PreparedChange, confidential, namespaces, project::Configs};

/// A config to write or to archive.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The config key.
    pub key: String,
    /// The new config; `None` archives it.
    pub config: Option<Config>,
    /// The version that must be current when the change is stored.
    pub expected: Expected,
}

impl Edit {
    /// Writes a config. An id of 0 requires that the key is new; any other id must be that of the current version.
    pub fn put(config: Config) -> Self {
        let expected = if config.id == 0 { Expected::Absent } else { Expected::Version(config.id) };
        Self { key: config.key.clone(), config: Some(config), expected }
    }

    /// Archives a config.
    pub fn archive(key: impl Into<String>, expected: Expected) -> Self {
        Self { key: key.into(), config: None, expected }
    }

    /// Sets the value that a config has when no rule matches: in one environment, or in all environments without rules
    /// of their own. Other rules stay. If the value that it replaces is confidential, so is the new one.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the config is archived.
    pub fn set_default(
        current: &Version,
        environment: Option<EnvironmentId>,
        mut value: ConfigValue,
    ) -> Result<Self, Error> {
        let mut config = current.config.clone().ok_or(Error::NotFound)?;
        let id = environment.map(|id| id.0);
        let is_row = |row: &&mut ConfigRow| row.project_env_id.filter(|id| *id != 0) == id;
        let replaced = [id, None].into_iter().find_map(|id| default_value(&config, id));
        if replaced.is_some_and(confidential::is_confidential) {
            confidential::make_confidential(&mut value);
        }
        match config.rows.iter_mut().find(is_row) {
            Some(row) => match row.values.last_mut().filter(|rule| rule.criteria.is_empty()) {
                Some(last) => last.value = Some(value),
                None => row.values.push(ConditionalValue::always(value)),
            },
            None => config.rows.push(ConfigRow {
                project_env_id: id,
                values: vec![ConditionalValue::always(value)],
                ..ConfigRow::default()
            }),
        }
        config.id = current.id;
        Ok(Self::put(config))
    }

    /// Sets the value for clients at or below a namespace: in one environment, or in the default rules. Other rules stay.
    /// If the default value, or the value that it replaces, is confidential, so is the new one.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the config is archived.
    pub fn set_for_namespace(
        current: &Version,
        environment: Option<EnvironmentId>,
        namespace: &str,
        mut value: ConfigValue,
    ) -> Result<Self, Error> {
        let mut config = current.config.clone().ok_or(Error::NotFound)?;
        let id = environment.map(|id| id.0);
        let is_row = |row: &ConfigRow| row.project_env_id.filter(|id| *id != 0) == id;
        let rules = config.rows.iter().filter(|row| is_row(row)).flat_map(|row| &row.values);
        let mut own = rules.filter(|rule| namespaces::of(rule) == Some(namespace));
        let replaced = own.find_map(|rule| rule.value.as_ref());
        let default = [id, None].into_iter().find_map(|id| default_value(&config, id));
        if replaced.into_iter().chain(default).any(confidential::is_confidential) {
            confidential::make_confidential(&mut value);
        }
        let at = config.rows.iter().position(is_row).unwrap_or_else(|| {
            // Clients outside the namespace continue with the default rules.
            config.rows.push(ConfigRow { project_env_id: id, ..ConfigRow::default() });
            config.rows.len() - 1
        });
        namespaces::set(&mut config.rows[at].values, namespace, value);
        config.id = current.id;
        Ok(Self::put(config))
    }

    /// Returns the edit that a draft contains.
    pub fn of_draft(draft: Draft) -> Self {
        let Draft { key, config, base_id, .. } = draft;
        match config {
            Some(config) => Self::put(Config { id: base_id, ..config }),
            None => Self::archive(key, Expected::Version(base_id)),
        }
    }

    /// Returns the edit together with the config that it replaces.
    pub fn prepare(self, current: &Configs) -> PreparedChange {
        let Self { key, config, expected } = self;
        let before = current.get(&key).and_then(|version| version.config.clone());
        PreparedChange { key, before, after: config, expected }
    }
}

/// Returns the value of an environment, or of the default rules, that applies if no rule with criteria matches.
fn default_value(config: &Config, environment: Option<i64>) -> Option<&ConfigValue> {
    let row = config.rows.iter().find(|row| row.project_env_id.filter(|id| *id != 0) == environment)?;
    row.values.last().filter(|rule| rule.criteria.is_empty())?.value.as_ref()
}

#[cfg(test)]
mod tests {
    use prefab_core::ChangedBy;

    use super::*;

    #[test]
    fn a_new_value_is_as_confidential_as_the_one_that_it_replaces() {
        let rows = |value: ConfigValue| vec![ConfigRow::default_row(vec![ConditionalValue::always(value)])];
        for (before, expected) in [(ConfigValue::from("a").confidential(), true), ("a".into(), false)] {
            let config = Config { key: "key".to_owned(), rows: rows(before), ..Config::default() };
            let current = Version {
                id: 7,
                key: "key".to_owned(),
                config: Some(config),
                previous_id: None,
                changed_at_millis: 0,
                changed_by: ChangedBy::default(),
            };
            for environment in [None, Some(EnvironmentId(3))] {
                let edit = Edit::set_default(&current, environment, "b".into()).unwrap();
                let config = edit.config.unwrap();
                let value = default_value(&config, environment.map(|id| id.0)).unwrap();
                assert_eq!(
                    (value.value.clone(), value.confidential),
                    (prefab_core::Value::String("b".into()), expected)
                );
            }
        }
    }
}
