//! The part of the management API that creates, changes, shows and deletes configs.

use crate::api::origin::RequestOrigin;
use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State},
};
use prefab_core::{ConditionalValue, Config, ConfigRow, ConfigType, ValueType, datafile};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{error::ApiError, sdk::api_key::Admin, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_service::{
    Conflict,
    actor::Actor,
    change::{ChangeRequest, Edit},
    project::Project,
    project_cache::Caller,
};
use prefab_store::{EvaluationFilter, Expected, HOUR_MILLIS, add_counts};

/// Handles `POST config/`: a new config, or with an id the next version of that one.
pub(crate) async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    RequestOrigin(origin): RequestOrigin,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let json = read(&app, body).await?;
    let project = Arc::clone(&caller.project);
    let config = app.work(project.id, move |_| config(&project, &json)).await?;
    let request = ChangeRequest::new(Edit::put(config));
    let id = app.apply(&Actor::of(&caller, origin), request).await?.id()?;
    Ok(Json(json!({ "message": "", "newId": id.to_string() })))
}

fn config(project: &Project, json: &Value) -> Result<Config, ApiError> {
    let mut config =
        datafile::config_from_json(json).map_err(|finding| ApiError::invalid(finding.to_string()))?;
    if config.config_type == ConfigType::NotSet {
        config.config_type = ConfigType::Config;
    }
    // The official command does not support tags, so an update without tags keeps them.
    if let Some(current) = project.config(&config.key).filter(|_| json.get("tags").is_none()) {
        config.tags = current.config.as_ref().map(|config| config.tags.clone()).unwrap_or_default();
    }
    Ok(config)
}

/// Handles `POST config/set-default/`.
pub(crate) async fn set_default(
    State(app): State<App>,
    Admin(caller): Admin,
    RequestOrigin(origin): RequestOrigin,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let json = read(&app, body).await?;
    let key = json.get("configKey").and_then(Value::as_str);
    let key = key.ok_or_else(|| ApiError::invalid("`configKey`: expected a text"))?;
    let value = json.get("value").ok_or_else(|| ApiError::invalid("`value`: expected a value"))?;
    let value = datafile::value_from_json(value).map_err(|finding| ApiError::invalid(finding.to_string()))?;
    let environment = int(&json, "environmentId")?.filter(|id| *id != 0).map(EnvironmentId);
    let current = caller.project.config(key).ok_or(ApiError::NotFound)?;
    if let Some(version) = int(&json, "currentVersionId")?
        && version != current.id
    {
        return Err(Conflict::Version { key: current.key.clone(), current: current.id }.into());
    }
    let actor = Actor::of(&caller, origin);
    let edit = Edit::set_default(&current, environment, value)?;
    let id = app.apply(&actor, ChangeRequest::new(edit)).await?.id()?;
    Ok(Json(json!({ "response": { "message": "", "newId": id.to_string() } })))
}

/// Handles `GET config/key/{key}` with the rows of every environment.
pub(crate) async fn get(Admin(caller): Admin, Path(key): Path<String>) -> Result<Json<Value>, ApiError> {
    let current = caller.project.config(&key).ok_or(ApiError::NotFound)?;
    current.config.as_ref().map(|config| Json(datafile::config_to_json(config))).ok_or(ApiError::NotFound)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteQuery {
    current_version_id: Option<i64>,
}

/// Handles `DELETE config/key/{key}`.
pub(crate) async fn delete(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(key): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    Query(query): Query<DeleteQuery>,
) -> Result<Json<Value>, ApiError> {
    let current = caller.project.config(&key).ok_or(ApiError::NotFound)?;
    let expected = query.current_version_id.map_or(Expected::Anything, Expected::Version);
    let request = ChangeRequest::new(Edit::archive(current.key.as_str(), expected));
    let id = app.apply(&Actor::of(&caller, origin), request).await?.id()?;
    Ok(Json(json!({ "message": "", "newId": id.to_string() })))
}

/// Handles `GET project-environments`.
pub(crate) async fn environments(Admin(caller): Admin) -> Json<Value> {
    let environments = caller.project.environments();
    let envs = environments.iter();
    let envs: Vec<Value> =
        envs.map(|environment| json!({ "id": environment.id.0, "name": environment.name })).collect();
    Json(json!({ "projectId": caller.project.id.0, "envs": envs }))
}

/// Handles `GET evaluation-stats/{key}` with what was reported in the last 24 hours.
pub(crate) async fn evaluation_stats(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(key): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.telemetry.flush(app.project_cache.store()).await;
    let end = app.clock.now_millis();
    let start = end - 24 * HOUR_MILLIS;
    let filter = EvaluationFilter {
        project: caller.project.id,
        key: Some(key.clone()),
        environment: None,
        from_millis: start,
        to_millis: end,
        hours: i64::MAX,
    };
    let counts = app.project_cache.store().evaluation_counts(filter).await?;
    let mut environments = serde_json::Map::new();
    for environment in &*caller.project.environments() {
        let own = counts.iter().filter(|count| count.environment == environment.id);
        // Counts of several versions are added.
        let mut values: BTreeMap<&str, i64> = BTreeMap::new();
        own.for_each(|count| {
            let known = values.entry(&count.value).or_default();
            *known = add_counts(*known, count.count);
        });
        if !values.is_empty() {
            let total = values.values().copied().fold(0, add_counts);
            let counts: Vec<Value> = values
                .iter()
                .map(|(value, count)| {
                    let value: Value = serde_json::from_str(value).unwrap_or_default();
                    json!({ "configValue": value, "count": count })
                })
                .collect();
            let named = json!({ "name": environment.name, "total": total, "counts": counts });
            environments.insert(environment.id.to_string(), named);
        }
    }
    let total = counts.iter().map(|count| count.count).fold(0, add_counts);
    let mut stats = json!({ "key": key, "start": start, "end": end, "total": total });
    // The official command treats an empty object as evaluations.
    if !environments.is_empty() {
        stats["environments"] = Value::Object(environments);
    }
    Ok(Json(stats))
}

/// Handles `POST config-recipes/feature-flag/boolean` with a flag to be posted to `config/` as it is.
pub(crate) async fn boolean_flag(
    State(app): State<App>,
    Admin(caller): Admin,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let json = read(&app, body).await?;
    let key = json.get("key").and_then(Value::as_str);
    let key = key.ok_or_else(|| ApiError::invalid("`key`: expected a text"))?;
    let on = json.get("defaultValue").and_then(Value::as_bool).unwrap_or_default();
    let mut flag = datafile::config_to_json(&flag(&caller, key, on));
    flag["id"] = "0".into();
    Ok(Json(flag))
}

fn flag(caller: &Caller, key: &str, on: bool) -> Config {
    let environments = caller.project.environments();
    let rows = environments
        .iter()
        .map(|environment| ConfigRow::for_environment(environment.id.0, vec![ConditionalValue::always(on)]));
    Config {
        project_id: caller.project.id.0,
        key: key.to_owned(),
        rows: rows.collect(),
        allowable_values: vec![true.into(), false.into()],
        config_type: ConfigType::FeatureFlag,
        value_type: ValueType::Bool,
        ..Config::default()
    }
}

pub(crate) async fn read(app: &App, body: Body) -> Result<Value, ApiError> {
    let bytes = crate::api::body::read(body, app.limits.limits().body_bytes).await?;
    let parse = |bytes: &[u8]| {
        serde_json::from_slice(bytes).map_err(|error| ApiError::invalid(format!("the body: {error}")))
    };
    crate::api::body::parse(app, bytes, parse).await
}

/// Parses an id, which may be a number or a string.
fn int(json: &Value, field: &str) -> Result<Option<i64>, ApiError> {
    let Some(json) = json.get(field).filter(|json| !json.is_null()) else { return Ok(None) };
    let int = json.as_i64().or_else(|| json.as_str()?.parse().ok());
    int.map(Some).ok_or_else(|| ApiError::invalid(format!("`{field}`: expected an id")))
}
