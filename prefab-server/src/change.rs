//! Changing configs: validated, stored, published, in that order.

use std::sync::Arc;

use prefab_core::{ChangedBy, ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue};

use crate::{
    api::{ApiError, App},
    hub::Caller,
    ids::EnvironmentId,
    store::{Change, Expected, Version},
    validate,
};

/// Stores a config and returns its new id. An id of 0 says that the key is new; another one names the version
/// that this replaces.
pub(crate) async fn put(app: &App, caller: &Caller, config: Config) -> Result<i64, ApiError> {
    let expected = if config.id == 0 { Expected::Absent } else { Expected::Version(config.id) };
    let problems = validate::problems(&config, &caller.project.configs(), &caller.project.environments);
    if !problems.is_empty() {
        return Err(ApiError::Invalid(problems));
    }
    if config.config_type != ConfigType::Segment
        && let Some(standing) = caller.project.config(&config.key)
    {
        keep_segment(caller, &standing)?;
    }
    append(app, caller, config.key.clone(), Some(config), expected).await
}

/// Gives a key another value in one environment, or in all that have no row of their own. Rules stay.
pub(crate) async fn set_default(
    app: &App,
    caller: &Caller,
    standing: &Version,
    environment: Option<EnvironmentId>,
    value: ConfigValue,
) -> Result<i64, ApiError> {
    let mut config = standing.config.clone().ok_or(ApiError::NotFound)?;
    let wanted = environment.map(|id| id.0);
    let is_wanted = |row: &&mut ConfigRow| row.project_env_id.filter(|id| *id != 0) == wanted;
    match config.rows.iter_mut().find(is_wanted) {
        Some(row) => match row.values.last_mut().filter(|rule| rule.criteria.is_empty()) {
            Some(last) => last.value = Some(value),
            None => row.values.push(ConditionalValue::always(value)),
        },
        None => config.rows.push(ConfigRow {
            project_env_id: wanted,
            values: vec![ConditionalValue::always(value)],
            ..ConfigRow::default()
        }),
    }
    config.id = standing.id;
    put(app, caller, config).await
}

/// Deletes a key and returns the id of its tombstone.
pub(crate) async fn delete(
    app: &App,
    caller: &Caller,
    standing: &Arc<Version>,
    expected: Expected,
) -> Result<i64, ApiError> {
    keep_segment(caller, standing)?;
    append(app, caller, standing.key.clone(), None, expected).await
}

/// Refuses to take a segment away that rules refer to; Python raises for those.
fn keep_segment(caller: &Caller, standing: &Version) -> Result<(), ApiError> {
    if standing.config.as_ref().is_none_or(|config| config.config_type != ConfigType::Segment) {
        return Ok(());
    }
    let users = validate::users_of_segment(&standing.key, &caller.project.configs());
    if users.is_empty() {
        return Ok(());
    }
    let (key, users) = (&standing.key, users.join("`, `"));
    Err(ApiError::Conflict(format!("segment `{key}` is used by `{users}`")))
}

async fn append(
    app: &App,
    caller: &Caller,
    key: String,
    config: Option<Config>,
    expected: Expected,
) -> Result<i64, ApiError> {
    let changed_by = ChangedBy {
        user_id: caller.user_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default(),
        api_key_id: caller.key_id.to_string(),
        ..ChangedBy::default()
    };
    let change = Change { key, config, expected, changed_by };
    let ids = app.hub.store().append(caller.project.id, vec![change]).await?;
    app.metrics.changes.inc();
    // Whoever wrote must read what they wrote, so it is published before they are answered.
    caller.project.catch_up(app.hub.store()).await?;
    ids.last().copied().ok_or(ApiError::NotFound)
}
