//! Personal overrides: values that one person sees in one environment.

use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    items::standing,
    lifetime,
    lifetime::Lasting,
    views::{Changed, Problem},
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_service::{actor::Author, change, expiry, item::FlatValue, personal_overrides, project::Project};
use prefab_store::{Expiry, Role, Target, TimedRule};

/// A person's own value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OverrideView {
    key: String,
    /// The environment's number, as a text.
    environment: String,
    /// The person, as their API key names them.
    user: String,
    value: FlatValue,
    /// When it ends by itself, in milliseconds since 1970.
    expires_at: Option<i64>,
}

/// Lists the personal overrides of a project.
#[utoipa::path(
    get, path = "/projects/{project}/overrides", tag = "overrides", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<OverrideView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let project = access.authorize(project)?.project;
    let expiries = app.hub.store().scheduled_removals(project.id).await?;
    app.json(project.id, move |_| Ok(views(&project, expiries))).await
}

fn views(project: &Project, expiries: Vec<Expiry>) -> Vec<OverrideView> {
    let ends: HashMap<_, i64> = expiries
        .into_iter()
        .filter_map(|expiry| match (expiry.rule.target, expiry.rule.environment) {
            (Target::Person(user), Some(place)) => Some(((expiry.rule.key, place, user), expiry.at_millis)),
            _ => None,
        })
        .collect();
    let mut views = Vec::new();
    for (key, version) in project.configs() {
        let found = version.config.iter().flat_map(personal_overrides::list);
        views.extend(found.map(|found| OverrideView {
            expires_at: ends.get(&(key.clone(), found.environment, found.user.to_owned())).copied(),
            key: key.clone(),
            environment: found.environment.to_string(),
            user: found.user.to_owned(),
            value: FlatValue::of(found.value),
        }));
    }
    views
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewOverride {
    /// The environment by number or name.
    environment: String,
    /// The person, as their API key names them.
    user: String,
    value: FlatValue,
    /// When it ends by itself, in milliseconds since 1970; without one of the two it stays.
    #[serde(alias = "expires_at")]
    expires_at: Option<i64>,
    /// After how long it ends by itself: seconds, or a text such as `30m`.
    #[serde(alias = "expires_in")]
    expires_in: Option<Lasting>,
}

/// Gives a person a value of their own, in place of an earlier one.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/override", tag = "overrides",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = NewOverride,
    responses((status = 200, body = Changed), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn assign(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(new): JsonBody<NewOverride>,
) -> Result<Json<Changed>, ApiError> {
    let NewOverride { environment, user, value, expires_at, expires_in } = new;
    let author = access.require_role(project, Role::Editor)?;
    let environment = access::environment(&author, &environment, "environment")?.id;
    if user.trim().is_empty() {
        return Err(ApiError::invalid("`user`: expected a person's number"));
    }
    let (_, mut config) = standing(&author, &key)?;
    let value = value.to_value("value").map_err(ApiError::invalid)?;
    personal_overrides::assign(&mut config, environment, user.trim(), value);
    let rule = rule(&author, &key, environment, user.trim());
    let end = lifetime::end(expires_at, expires_in.as_ref())?;
    let change = change::personal(&app, &author, config).await?;
    let id = expiry::append(&app, &author, change, rule, end).await?;
    Ok(Json(Changed { id: id.to_string(), key }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The environment by number or name.
    environment: String,
    /// The person, as their API key names them.
    user: String,
}

/// Takes a person's own value away.
#[utoipa::path(
    delete, path = "/projects/{project}/items/{key}/override", tag = "overrides",
    params(("project" = i64, Path), ("key" = String, Path), Whose),
    responses((status = 200, body = Changed), (status = 400, body = Problem),
              (status = 404, description = "There is none", body = Problem))
)]
pub(super) async fn remove(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    QueryParams(Whose { environment, user }): QueryParams<Whose>,
) -> Result<Json<Changed>, ApiError> {
    let author = access.require_role(project, Role::Editor)?;
    let environment = access::environment(&author, &environment, "environment")?.id;
    let (_, mut config) = standing(&author, &key)?;
    if !personal_overrides::remove(&mut config, environment, &user) {
        return Err(ApiError::NotFound);
    }
    let id = change::put_personal(&app, &author, config).await?;
    app.hub.store().cancel_removal(rule(&author, &key, environment, &user)).await?;
    Ok(Json(Changed { id: id.to_string(), key }))
}

fn rule(author: &Author, key: &str, environment: EnvironmentId, user: &str) -> TimedRule {
    TimedRule {
        project: author.project.id,
        key: key.to_owned(),
        environment: Some(environment),
        target: Target::Person(user.to_owned()),
    }
}
