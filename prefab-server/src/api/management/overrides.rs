//! Personal overrides: values for one user in one environment.

use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    items::current_item,
    lifetime,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_management_api::{
    ChangeResponse, ErrorResponse, OverrideQuery, OverrideResponse, SetOverrideRequest,
};
use prefab_service::{
    actor::Actor,
    change::{ChangeRequest, Edit, Policy},
    item, personal_overrides,
    project::Project,
};
use prefab_store::{Role, RuleTarget, ScheduledRemoval, TimedRule};

/// Lists the personal overrides of a project.
#[utoipa::path(
    get, path = "/projects/{project}/overrides", tag = "overrides", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<OverrideResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let project = access.authorize(project)?.project;
    let expiries = app.project_cache.store().scheduled_removals(project.id).await?;
    app.json(project.id, move |_| Ok(views(&project, expiries))).await
}

fn views(project: &Project, expiries: Vec<ScheduledRemoval>) -> Vec<OverrideResponse> {
    let ends: HashMap<_, i64> = expiries
        .into_iter()
        .filter_map(|expiry| match (expiry.rule.target, expiry.rule.environment) {
            (RuleTarget::User(user), Some(place)) => Some(((expiry.rule.key, place, user), expiry.at_millis)),
            _ => None,
        })
        .collect();
    let mut views = Vec::new();
    for (key, version) in project.configs().iter() {
        let found = version.config.iter().flat_map(personal_overrides::list);
        views.extend(found.map(|found| OverrideResponse {
            expires_at: ends.get(&(key.clone(), found.environment, found.user.to_owned())).copied(),
            key: key.clone(),
            environment: found.environment.to_string(),
            user: found.user.to_owned(),
            value: item::from_value(found.value),
        }));
    }
    views
}

/// Sets the personal override of a user. It replaces an existing one.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/override", tag = "overrides",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = SetOverrideRequest,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn assign(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(new): JsonBody<SetOverrideRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let SetOverrideRequest { environment, user, value, expires_at, expires_in } = new;
    let actor = access.require_role(project, Role::Editor)?;
    let environment = access::environment(&actor, &environment, "environment")?.id;
    if user.trim().is_empty() {
        return Err(ApiError::invalid("`user`: expected the name of a user"));
    }
    let (_, mut config) = current_item(&actor, &key)?;
    let value = item::to_value(&value, "value").map_err(ApiError::invalid)?;
    personal_overrides::assign(&mut config, environment, user.trim(), value);
    let rule = rule(&actor, &key, environment, user.trim());
    let end = lifetime::end(app.clock.now_millis(), expires_at, expires_in.as_ref())?;
    let request =
        ChangeRequest::new(Edit::put(config)).with_policy(Policy::PERSONAL_OVERRIDE).with_removal(rule, end);
    let id = app.apply(&actor, request).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

/// Removes a personal override.
#[utoipa::path(
    delete, path = "/projects/{project}/items/{key}/override", tag = "overrides",
    params(("project" = i64, Path), ("key" = String, Path), OverrideQuery),
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse),
              (status = 404, description = "Not found", body = ErrorResponse))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    QueryParams(OverrideQuery { environment, user }): QueryParams<OverrideQuery>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Editor)?;
    let environment = access::environment(&actor, &environment, "environment")?.id;
    let (_, mut config) = current_item(&actor, &key)?;
    if !personal_overrides::remove(&mut config, environment, &user) {
        return Err(ApiError::NotFound);
    }
    let rule = rule(&actor, &key, environment, &user);
    let request =
        ChangeRequest::new(Edit::put(config)).with_policy(Policy::PERSONAL_OVERRIDE).with_removal(rule, None);
    let id = app.apply(&actor, request).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

fn rule(actor: &Actor, key: &str, environment: EnvironmentId, user: &str) -> TimedRule {
    TimedRule {
        project: actor.project.id,
        key: key.to_owned(),
        environment: Some(environment),
        target: RuleTarget::User(user.to_owned()),
    }
}
