//! Environments of a project.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    projects::validate_name,
    views::{EnvironmentView, Problem},
};
use crate::api::{error::ApiError, state::App};
use prefab_service::actor::Author;
use prefab_store::{AuditEntry, Environment, Protection};

/// Lists the environments of a project.
#[utoipa::path(
    get, path = "/projects/{project}/environments", tag = "environments", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<EnvironmentView>), (status = 404, body = Problem))
)]
pub(super) async fn list(
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<EnvironmentView>>, ApiError> {
    let author = access.authorize(project)?;
    Ok(Json(author.project.environments().iter().map(EnvironmentView::of).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEnvironment {
    #[schema(example = "Test")]
    name: String,
}

/// Creates an environment. It begins with the default rules of everything.
#[utoipa::path(
    post, path = "/projects/{project}/environments", tag = "environments", params(("project" = i64, Path)),
    request_body = NewEnvironment,
    responses((status = 200, body = EnvironmentView), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, description = "The name is taken", body = Problem))
)]
pub(super) async fn create(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(NewEnvironment { name }): JsonBody<NewEnvironment>,
) -> Result<Json<EnvironmentView>, ApiError> {
    let author = access.authorize(project)?;
    let environment = app.hub.store().create_environment(author.project.id, validate_name(&name)?).await?;
    let deed = format!("created environment `{}`", environment.name);
    note(&app, &author, &environment, "environment.created", &deed).await?;
    app.hub.refresh().await?;
    Ok(Json(EnvironmentView::of(&environment)))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EnvironmentChange {
    name: Option<String>,
    /// Whether every change takes a comment.
    needs_comment: Option<bool>,
    /// Whether every change takes the approval of a second person.
    needs_approval: Option<bool>,
}

/// Renames or protects an environment. What is left out stays.
#[utoipa::path(
    patch, path = "/projects/{project}/environments/{environment}", tag = "environments",
    params(("project" = i64, Path), ("environment" = String, Path, description = "Its number or its name")),
    request_body = EnvironmentChange,
    responses((status = 200, body = EnvironmentView), (status = 400, body = Problem),
              (status = 404, body = Problem), (status = 409, description = "The name is taken", body = Problem))
)]
pub(super) async fn update(
    State(app): State<App>,
    access: Access,
    PathParams((project, text)): PathParams<(i64, String)>,
    JsonBody(change): JsonBody<EnvironmentChange>,
) -> Result<Json<EnvironmentView>, ApiError> {
    let author = access.authorize(project)?;
    let before = access::environment(&author, &text, "environment").map_err(|_| ApiError::NotFound)?;
    let EnvironmentChange { name, needs_comment, needs_approval } = change;
    let after = Environment {
        id: before.id,
        name: name.as_deref().map(validate_name).transpose()?.unwrap_or_else(|| before.name.clone()),
        protection: Protection {
            needs_comment: needs_comment.unwrap_or(before.protection.needs_comment),
            needs_approval: needs_approval.unwrap_or(before.protection.needs_approval),
        },
    };
    app.hub.store().update_environment(author.project.id, after.clone()).await?;
    note(&app, &author, &after, "environment.changed", &deed(&before, &after)).await?;
    app.hub.refresh().await?;
    Ok(Json(EnvironmentView::of(&after)))
}

fn deed(before: &Environment, after: &Environment) -> String {
    let mut said = vec![format!("changed environment `{}`", before.name)];
    if before.name != after.name {
        said.push(format!("it is called `{}` now", after.name));
    }
    let mut demand = |before: bool, after: bool, what: &str| {
        if before != after {
            said.push(format!("changes {} {what}", if after { "take" } else { "no longer take" }));
        }
    };
    let (old, new) = (before.protection, after.protection);
    demand(old.needs_comment, new.needs_comment, "a comment");
    demand(old.needs_approval, new.needs_approval, "a second person's approval");
    said.join("; ")
}

async fn note(
    app: &App,
    author: &Author,
    environment: &Environment,
    action: &str,
    deed: &str,
) -> Result<(), ApiError> {
    let entry = AuditEntry {
        project: Some(author.project.id),
        action: action.to_owned(),
        subject: environment.name.clone(),
        environment: Some(environment.id),
        ..AuditEntry::of(author.note(deed))
    };
    Ok(app.hub.store().note(vec![entry]).await?)
}
