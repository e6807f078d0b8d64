//! Log levels of loggers, for all contexts or some.

use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};
use prefab_core::{Config, LogLevel, Value};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    lifetime,
    views::who,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_management_api::{
    ChangeResponse, ErrorResponse, LevelTarget, LogLevelResponse, RemoveLogLevelQuery, SetLogLevelRequest,
    SetLogLevelResponse, TargetedLevel,
};
use prefab_service::{
    Conflict,
    actor::Actor,
    change::{ChangeRequest, Edit},
    describe, log_level_rules,
    project::Project,
};
use prefab_store::{Expected, Role, RuleTarget, ScheduledRemoval, TimedRule};

fn level_target(target: RuleTarget) -> Option<LevelTarget> {
    match target {
        RuleTarget::Property(property, values) => {
            Some(LevelTarget { property: Some(property), values, segment: None })
        }
        RuleTarget::Segment(key) => Some(LevelTarget { segment: Some(key), ..LevelTarget::default() }),
        RuleTarget::User(_) | RuleTarget::Everyone => None,
    }
}

fn store_target(target: LevelTarget) -> Result<RuleTarget, ApiError> {
    let LevelTarget { property, values, segment } = target;
    let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
    match (text(property), text(segment)) {
        (Some(property), None) if !values.is_empty() => Ok(RuleTarget::Property(property, values)),
        (None, Some(key)) if values.is_empty() => Ok(RuleTarget::Segment(key)),
        _ => Err(ApiError::invalid(
            "`for`: expected a property such as `user.key` and at least one value, or a segment",
        )),
    }
}

/// Lists log levels, sorted by config key.
#[utoipa::path(
    get, path = "/projects/{project}/log-levels", tag = "log levels", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<LogLevelResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let project = access.authorize(project)?.project;
    let expiries = app.project_cache.store().scheduled_removals(project.id).await?;
    app.json(project.id, move |_| Ok(views(&project, &expiries))).await
}

fn views(project: &Project, expiries: &[ScheduledRemoval]) -> Vec<LogLevelResponse> {
    let mut by_key: HashMap<&str, Vec<&ScheduledRemoval>> = HashMap::new();
    for expiry in expiries {
        by_key.entry(&expiry.rule.key).or_default().push(expiry);
    }
    let mut views = Vec::new();
    for (key, version) in project.configs().iter() {
        let Some(config) = &version.config else { continue };
        let Some(path) = log_level_rules::path(config) else { continue };
        views.push(LogLevelResponse {
            path: path.to_owned(),
            id: version.id.to_string(),
            changed_at: version.changed_at_millis,
            changed_by: who(&version.changed_by),
            levels: of(config, by_key.get(&**key).map_or(&[], Vec::as_slice)),
            key: key.clone(),
        });
    }
    views
}

fn of(config: &Config, expiries: &[&ScheduledRemoval]) -> Vec<TargetedLevel> {
    let mut views = Vec::new();
    for row in &config.rows {
        let environment = row.project_env_id.filter(|id| *id != 0).map(EnvironmentId);
        for rule in &row.values {
            let target = log_level_rules::target(rule);
            // A level for all contexts has no criteria, so it cannot expire.
            let may_end = !rule.criteria.is_empty();
            let expiry = expiries.iter().find(|expiry| {
                let TimedRule { project: _, key, environment: place, target: rule_target } = &expiry.rule;
                may_end && *key == config.key && *place == environment && Some(rule_target) == target.as_ref()
            });
            views.push(TargetedLevel {
                environment: environment.map(|id| id.to_string()),
                level: rule.value.as_ref().and_then(|value| match &value.value {
                    Value::LogLevel(level) => Some(level.name().to_owned()),
                    _ => None,
                }),
                when: describe::criteria(rule).filter(|_| target != Some(RuleTarget::Everyone)),
                target: target.and_then(level_target),
                expires_at: expiry.map(|expiry| expiry.at_millis),
            });
        }
    }
    views
}

/// Sets the level of a logger, for all contexts or some, permanently or for a time.
///
/// A temporary level takes precedence over a permanent one and does not change it. The log level item is created with
/// its first level, and archived with the removal of its last one.
#[utoipa::path(
    put, path = "/projects/{project}/log-levels/{path}", tag = "log levels",
    params(("project" = i64, Path), ("path" = String, Path, description = "The logger: `my_app.checkout`")),
    request_body = SetLogLevelRequest,
    responses((status = 200, body = SetLogLevelResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, body = ErrorResponse))
)]
pub(super) async fn set(
    State(app): State<App>,
    access: Access,
    PathParams((project, path)): PathParams<(i64, String)>,
    JsonBody(new): JsonBody<SetLogLevelRequest>,
) -> Result<Json<SetLogLevelResponse>, ApiError> {
    let SetLogLevelRequest { level, environment, target, expires_at, expires_in, comment } = new;
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let level = LogLevel::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(level.trim()));
    let level = level.ok_or_else(|| {
        ApiError::invalid("`level`: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL".to_owned())
    })?;
    let expires_at = lifetime::end(app.clock.now_millis(), expires_at, expires_in.as_ref())?;
    let key = log_level_rules::key(path.trim());
    let target = target.map_or(Ok(RuleTarget::Everyone), store_target)?;
    let rule = TimedRule { project: actor.project.id, key: key.clone(), environment, target };
    let mut config = current(&actor, &key)?.unwrap_or_else(|| log_level_rules::new(key.clone()));
    if expires_at.is_some() {
        log_level_rules::add(&mut config, environment, &rule.target, level);
    } else {
        log_level_rules::set(&mut config, environment, &rule.target, level);
    }
    let request = ChangeRequest::new(Edit::put(config)).with_removal(rule, expires_at);
    let id = app.apply(&actor, request).await?.id()?;
    Ok(Json(SetLogLevelResponse { id: id.to_string(), key, expires_at }))
}

/// Removes a level of a logger. For all contexts, a temporary level is removed before a permanent one.
#[utoipa::path(
    delete, path = "/projects/{project}/log-levels/{path}", tag = "log levels",
    params(("project" = i64, Path), ("path" = String, Path, description = "The logger: `my_app.checkout`"), RemoveLogLevelQuery),
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse),
              (status = 404, description = "Not found", body = ErrorResponse), (status = 409, body = ErrorResponse))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, path)): PathParams<(i64, String)>,
    QueryParams(RemoveLogLevelQuery { environment, property, values, segment, comment }): QueryParams<
        RemoveLogLevelQuery,
    >,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment.unwrap_or_default());
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let key = log_level_rules::key(path.trim());
    let split = |values: String| values.split(',').map(|value| value.trim().to_owned()).collect();
    let target = if property.is_none() && segment.is_none() {
        RuleTarget::Everyone
    } else {
        store_target(LevelTarget { property, values: values.map(split).unwrap_or_default(), segment })?
    };
    let mut config = current(&actor, &key)?.ok_or(ApiError::NotFound)?;
    let taken = log_level_rules::remove(&mut config, environment, &target)
        || (target == RuleTarget::Everyone && log_level_rules::remove_fallback(&mut config, environment));
    if !taken {
        return Err(ApiError::NotFound);
    }
    let edit = if config.rows.is_empty() {
        Edit::archive(key.as_str(), Expected::Version(config.id))
    } else {
        Edit::put(config)
    };
    let rule = TimedRule { project: actor.project.id, key: key.clone(), environment, target };
    let id = app.apply(&actor, ChangeRequest::new(edit).with_removal(rule, None)).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

/// Returns the current config, if it is a log level.
fn current(actor: &Actor, key: &str) -> Result<Option<Config>, ApiError> {
    let config = actor.project.config(key).and_then(|version| version.config.clone());
    if config.as_ref().is_some_and(|config| log_level_rules::path(config).is_none()) {
        return Err(Conflict::NotLogLevel(key.to_owned()).into());
    }
    Ok(config)
}
