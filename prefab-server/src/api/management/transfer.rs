//! Export and import of a project.

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use prefab_core::{Config, datafile};

use crate::api::management::access::{self, Access, PathParams, QueryParams};
use crate::api::{
    bodies::MAX_IMPORT_BYTES,
    body::{read, text},
    error::ApiError,
    state::App,
};
use prefab_management_api::{ErrorResponse, ExportQuery, ImportFormat, ImportPlan, ImportQuery, PlannedStep};
use prefab_service::{
    change::ChangeRequest,
    transfer::{self, ImportFile, PlannedChange},
};
use prefab_store::Role;

/// The maximum size of an import, in bytes.
const MAX_FILE_BYTES: usize = MAX_IMPORT_BYTES;

/// Exports the project, or a datafile of one environment.
///
/// Equal configs give equal exports, because an export contains neither versions nor actors.
#[utoipa::path(
    get, path = "/projects/{project}/export", tag = "transfer", params(("project" = i64, Path), ExportQuery),
    responses((status = 200, body = Object), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn export(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(ExportQuery { environment }): QueryParams<ExportQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let project = actor.project;
    app.json(project.id, move |_| {
        Ok(match environment {
            Some(environment) => datafile::to_json(&project.datafile(environment)),
            None => transfer::export(&project),
        })
    })
    .await
}

/// Imports a datafile, an unfiltered download, an export, a change history (one page or a list of pages), or a
/// YAML file of defaults, in one change. With `skipBroken`, invalid entries are skipped. Items that the file does not
/// contain are not changed.
#[utoipa::path(
    post, path = "/projects/{project}/import", tag = "transfer", params(("project" = i64, Path), ImportQuery),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, body = ImportPlan), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, body = ErrorResponse))
)]
pub(super) async fn import(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(query): QueryParams<ImportQuery>,
    body: Body,
) -> Result<Response, ApiError> {
    let actor =
        access.require_role(project, Role::Publisher)?.with_comment(query.comment.unwrap_or_default());
    let environment = access::optional_environment(&actor, query.environment.as_deref(), "environment")?;
    let bytes = read(body, MAX_FILE_BYTES).await?;
    let format = query.format.unwrap_or_default();
    let (project, limits) = (Arc::clone(&actor.project), app.limits.clone());
    let apply = query.dry_run == Some(false);
    let skip_broken = query.skip_broken == Some(true);
    // Each of the two jobs has the full time limit for CPU-heavy work.
    let read = app.work(project.id, move |_| parse(&bytes, format, limits.limits().import_configs)).await?;
    let limits = app.limits.clone();
    let planned = app
        .work(actor.project.id, move |deadline| {
            let plan = transfer::plan(read, &project, environment, limits.limits(), deadline)?;
            Ok(plan_response(plan, apply, skip_broken))
        })
        .await?;
    let (shown, configs) = planned;
    if shown.is_done {
        app.apply(&actor, ChangeRequest::put_all(configs).already_validated()).await?;
    } else if apply {
        return Err(ApiError::Invalid(
            shown.problems.into_iter().map(prefab_service::Problem::from).collect(),
        ));
    }
    app.json(actor.project.id, move |_| Ok(shown)).await
}

fn parse(bytes: &[u8], format: ImportFormat, most: usize) -> Result<ImportFile, ApiError> {
    let text = text(bytes)?;
    let read = match format {
        ImportFormat::Json => transfer::from_json(text, most),
        ImportFormat::Yaml => transfer::from_yaml(text, most),
    };
    read.map_err(ApiError::invalid)
}

/// Returns the plan for the response, and the configs to store.
fn plan_response(plan: transfer::Plan, apply: bool, skip_broken: bool) -> (ImportPlan, Vec<Config>) {
    let steps = plan.steps.iter().map(view).collect();
    let count = |is_new| plan.steps.iter().filter(|step| step.is_new() == is_new).count();
    let (created, changed) = (count(true), count(false));
    let is_done = apply && (plan.problems.is_empty() || skip_broken);
    let text = plan.text();
    let configs = plan.steps.into_iter().map(|step| step.after).collect();
    (ImportPlan { is_done, created, changed, same: plan.same, problems: plan.problems, steps, text }, configs)
}

fn view(step: &PlannedChange) -> PlannedStep {
    PlannedStep {
        key: step.after.key.clone(),
        action: if step.is_new() { "create" } else { "change" }.to_owned(),
        differences: step.differences.clone(),
    }
}
