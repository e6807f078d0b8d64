//! Projects.

use crate::api::origin::RequestOrigin;
use std::collections::HashSet;

use axum::{Json, extract::State};

use crate::api::management::views::environment_response;
use crate::api::management::{
    access::{Access, JsonBody, PathParams},
    credentials::Principal,
};
use crate::api::management::{audit_entry, installation};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{CreateProjectRequest, ErrorResponse, ProjectResponse, RenameProjectRequest};
use prefab_service::{actor::Actor, project::Project};
use prefab_store::{
    Role, Roles,
    names::{Case, fold},
};

fn project_response(project: &Project) -> ProjectResponse {
    ProjectResponse {
        id: project.id.to_string(),
        name: project.name().to_string(),
        environments: project.environments().iter().map(environment_response).collect(),
    }
}

/// Lists the projects to which the credential has access.
#[utoipa::path(get, path = "/projects", tag = "projects", responses((status = 200, body = Vec<ProjectResponse>)))]
pub(super) async fn list(access: Access) -> Json<Vec<ProjectResponse>> {
    Json(access.projects().iter().map(|project| project_response(project)).collect())
}

/// Returns a project.
#[utoipa::path(
    get, path = "/projects/{project}", tag = "projects", params(("project" = i64, Path)),
    responses((status = 200, body = ProjectResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn show(
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<ProjectResponse>, ApiError> {
    let actor = access.authorize(project)?;
    Ok(Json(project_response(&actor.project)))
}

/// Creates a project. This requires an owner of the installation, who becomes its admin.
#[utoipa::path(
    post, path = "/projects", tag = "projects", request_body = CreateProjectRequest,
    responses((status = 200, body = ProjectResponse), (status = 400, body = ErrorResponse),
              (status = 403, body = ErrorResponse))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(CreateProjectRequest { name, environments }): JsonBody<CreateProjectRequest>,
) -> Result<Json<ProjectResponse>, ApiError> {
    let Principal::Person(session, _) = &access.principal else {
        return Err(ApiError::Forbidden("only a person can create a project, not an API key or a token"));
    };
    if !session.is_owner {
        return Err(ApiError::Forbidden(installation::OWNERS_ONLY));
    }
    let name = validate_name(&name)?;
    let environments: Vec<String> =
        environments.iter().map(|name| validate_name(name)).collect::<Result<_, _>>()?;
    let names: HashSet<String> =
        environments.iter().map(|name| fold(name, Case::Insensitive).into_owned()).collect();
    let most = app.limits.limits().environments_per_project;
    if names.is_empty() || names.len() < environments.len() || names.len() > most {
        return Err(ApiError::invalid(format!("`environments`: expected 1 to {most} different names")));
    }
    let id = app.project_cache.store().create_project(name.clone(), environments).await?.id;
    app.project_cache.store().set_member(id, session.person.id, Roles::of(Role::Admin)).await?;
    app.project_cache.refresh_registry().await?;
    let project = app.project_cache.project(id).ok_or(ApiError::NotFound)?;
    let actor = Actor::of_person(&session.person, Roles::of(Role::Admin), project, origin);
    let sentence = format!("created the project \"{name}\"");
    audit_entry::record(&app, &actor, "project.created", &name, None, &sentence).await?;
    Ok(Json(project_response(&actor.project)))
}

/// Renames a project.
#[utoipa::path(
    patch, path = "/projects/{project}", tag = "projects", params(("project" = i64, Path)),
    request_body = RenameProjectRequest,
    responses((status = 200, body = ProjectResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn rename(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(RenameProjectRequest { name }): JsonBody<RenameProjectRequest>,
) -> Result<Json<ProjectResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let name = validate_name(&name)?;
    let sentence = format!("renamed the project from \"{}\" to \"{name}\"", actor.project.name());
    app.project_cache.store().rename_project(actor.project.id, name.clone()).await?;
    audit_entry::record(&app, &actor, "project.renamed", &name, None, &sentence).await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(project_response(&actor.project)))
}

/// Returns a valid name without surrounding spaces.
pub(super) fn validate_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let is_good = !name.is_empty() && name.len() <= 100 && !name.chars().any(char::is_control);
    if is_good {
        Ok(name.to_owned())
    } else {
        Err(ApiError::invalid("`name`: expected 1 to 100 bytes of text"))
    }
}
