//! Environments of a project.

use axum::{Json, extract::State};

use crate::api::management::audit_entry;
use crate::api::management::views::environment_response;
use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    projects::validate_name,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    CreateEnvironmentRequest, EnvironmentResponse, ErrorResponse, UpdateEnvironmentRequest,
};
use prefab_service::actor::Actor;
use prefab_store::{Environment, Protection};

/// Lists the environments of a project.
#[utoipa::path(
    get, path = "/projects/{project}/environments", tag = "environments", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<EnvironmentResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<EnvironmentResponse>>, ApiError> {
    let actor = access.authorize(project)?;
    Ok(Json(actor.project.environments().iter().map(environment_response).collect()))
}

/// Creates an environment. Initially, the default rules of all items apply in it.
#[utoipa::path(
    post, path = "/projects/{project}/environments", tag = "environments", params(("project" = i64, Path)),
    request_body = CreateEnvironmentRequest,
    responses((status = 200, body = EnvironmentResponse), (status = 400, body = ErrorResponse),
              (status = 404, body = ErrorResponse), (status = 409, description = "The name is in use", body = ErrorResponse))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(CreateEnvironmentRequest { name }): JsonBody<CreateEnvironmentRequest>,
) -> Result<Json<EnvironmentResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let environment = create_named(&app, &actor, name).await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(environment_response(&environment)))
}

/// Creates an environment in the store. The caller refreshes the project cache.
pub(super) async fn create_named(app: &App, actor: &Actor, name: String) -> Result<Environment, ApiError> {
    let most = app.limits.limits().environments_per_project;
    if actor.project.environments().len() >= most {
        return Err(ApiError::invalid(format!("the project has {most} environments, the maximum number")));
    }
    let store = app.project_cache.store();
    let environment = store.create_environment(actor.project.id, validate_name(&name)?).await?;
    let sentence = format!("created environment `{}`", environment.name);
    let (name, id) = (&environment.name, Some(environment.id));
    audit_entry::record(app, actor, "environment.created", name, id, &sentence).await?;
    Ok(environment)
}

/// Renames or protects an environment. Absent fields keep their value.
#[utoipa::path(
    patch, path = "/projects/{project}/environments/{environment}", tag = "environments",
    params(("project" = i64, Path), ("environment" = String, Path, description = "The number or name of the environment")),
    request_body = UpdateEnvironmentRequest,
    responses((status = 200, body = EnvironmentResponse), (status = 400, body = ErrorResponse),
              (status = 404, body = ErrorResponse), (status = 409, description = "The name is in use", body = ErrorResponse))
)]
pub(super) async fn update(
    State(app): State<App>,
    access: Access,
    PathParams((project, text)): PathParams<(i64, String)>,
    JsonBody(change): JsonBody<UpdateEnvironmentRequest>,
) -> Result<Json<EnvironmentResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let before = access::path_environment(&actor, &text)?;
    let UpdateEnvironmentRequest { name, needs_comment, needs_approval } = change;
    let after = Environment {
        id: before.id,
        name: name.as_deref().map(validate_name).transpose()?.unwrap_or_else(|| before.name.clone()),
        protection: Protection {
            needs_comment: needs_comment.unwrap_or(before.protection.needs_comment),
            needs_approval: needs_approval.unwrap_or(before.protection.needs_approval),
        },
    };
    app.project_cache.store().update_environment(actor.project.id, after.clone()).await?;
    audit_entry::record(
        &app,
        &actor,
        "environment.changed",
        &after.name,
        Some(after.id),
        &sentence(&before, &after),
    )
    .await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(environment_response(&after)))
}

fn sentence(before: &Environment, after: &Environment) -> String {
    let mut parts = Vec::new();
    if before.name != after.name {
        parts.push(format!("renamed to `{}`", after.name));
    }
    let mut demand = |before: bool, after: bool, what: &str| {
        if before != after {
            parts.push(format!("changes {} {what}", if after { "require" } else { "no longer require" }));
        }
    };
    let (old, new) = (before.protection, after.protection);
    demand(old.needs_comment, new.needs_comment, "a comment");
    demand(old.needs_approval, new.needs_approval, "the approval of a second person");
    if parts.is_empty() {
        parts.push("no difference".to_owned());
    }
    format!("changed environment `{}`: {}", before.name, parts.join("; "))
}
