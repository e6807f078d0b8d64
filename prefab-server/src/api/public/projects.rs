//! Projects.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    access::{Access, At, Sent},
    views::{EnvironmentView, Problem},
};
use crate::{
    api::{ApiError, App},
    project::Project,
    store::AuditEntry,
};

/// A project.
#[derive(Serialize, ToSchema)]
pub(super) struct ProjectView {
    /// Its number, as a text.
    id: String,
    name: String,
    environments: Vec<EnvironmentView>,
}

impl ProjectView {
    fn of(project: &Project) -> Self {
        Self {
            id: project.id.to_string(),
            name: project.name().to_string(),
            environments: project.environments().iter().map(EnvironmentView::of).collect(),
        }
    }
}

/// Lists the projects you may manage.
#[utoipa::path(get, path = "/projects", tag = "projects", responses((status = 200, body = Vec<ProjectView>)))]
pub(super) async fn list(State(app): State<App>, access: Access) -> Json<Vec<ProjectView>> {
    let mine = app.hub.projects().into_iter().filter(|project| project.id == access.caller.project.id);
    Json(mine.map(|project| ProjectView::of(&project)).collect())
}

/// Shows a project.
#[utoipa::path(
    get, path = "/projects/{project}", tag = "projects", params(("project" = i64, Path)),
    responses((status = 200, body = ProjectView), (status = 404, body = Problem))
)]
pub(super) async fn show(access: Access, At(project): At<i64>) -> Result<Json<ProjectView>, ApiError> {
    let author = access.to(project)?;
    Ok(Json(ProjectView::of(&author.project)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
}

/// Gives a project another name.
#[utoipa::path(
    patch, path = "/projects/{project}", tag = "projects", params(("project" = i64, Path)),
    request_body = Named,
    responses((status = 200, body = ProjectView), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn rename(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Sent(Named { name }): Sent<Named>,
) -> Result<Json<ProjectView>, ApiError> {
    let author = access.to(project)?;
    let name = a_name(&name)?;
    let deed = format!("renamed the project from \"{}\" to \"{name}\"", author.project.name());
    app.hub.store().rename_project(author.project.id, name.clone()).await?;
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: "project.renamed".to_owned(),
        subject: name,
        ..AuditEntry::of(author.note(&deed))
    };
    app.hub.store().note(vec![entry]).await?;
    app.hub.refresh().await?;
    Ok(Json(ProjectView::of(&author.project)))
}

/// Takes a name, or says what one looks like.
pub(super) fn a_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let is_good = !name.is_empty() && name.len() <= 100 && !name.chars().any(char::is_control);
    if is_good {
        Ok(name.to_owned())
    } else {
        Err(ApiError::invalid("`name`: expected 1 to 100 bytes of text"))
    }
}
