//! Export and import of a project.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{body::Body, extract::State, response::Response};
use prefab_core::{Config, datafile};

use crate::api::management::{
    access::{self, Access, PathParams, QueryParams},
    confidential, environments,
};
use crate::api::{
    bodies::MAX_IMPORT_BYTES,
    body::{read, text},
    error::ApiError,
    state::App,
};
use prefab_management_api::{
    ErrorResponse, ExportQuery, ImportFormat, ImportPlan, ImportQuery, ImportedEnvironment, PlannedStep,
};
use prefab_service::{
    actor::Actor,
    change::ChangeRequest,
    transfer::{self, BecomesEnvironment, ImportFile, MappedEnvironment, MappingOptions, PlannedChange},
};
use prefab_store::{Environment, Role};

/// The maximum size of an import, in bytes.
const MAX_FILE_BYTES: usize = MAX_IMPORT_BYTES;

/// Exports the project, or a datafile of one environment. Confidential values are redacted, unless `reveal` is true.
///
/// Equal configs give equal exports, because an export contains neither versions nor actors.
#[utoipa::path(
    get, path = "/projects/{project}/export", tag = "transfer", params(("project" = i64, Path), ExportQuery),
    responses((status = 200, body = Object), (status = 400, body = ErrorResponse),
              (status = 403, description = "You may not reveal the confidential values", body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn export(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(ExportQuery { environment, schemas, reveal, key }): QueryParams<ExportQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    if key.is_some() && environment.is_none() {
        return Err(ApiError::invalid("`key`: requires `environment`"));
    }
    let form = confidential::form_of_export(&app, &actor, reveal, environment, key.clone()).await?;
    let project = actor.project;
    app.json(project.id, move |_| {
        Ok(match environment {
            Some(environment) => {
                let mut set = match schemas {
                    Some(false) => project.datafile(environment),
                    _ => project.datafile_with_schemas(environment),
                };
                set.configs.retain(|config| key.as_ref().is_none_or(|key| config.key == *key));
                set.configs = set.configs.iter().map(|config| form.of(config)).collect();
                datafile::to_json(&set)
            }
            None => transfer::export(&project, |config| form.of(config)),
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
    let create_missing = query.create_environments == Some(true);
    if create_missing && actor.roles.project < Role::Admin {
        return Err(ApiError::Forbidden(Role::Admin.missing_role_message()));
    }
    let options = MappingOptions {
        target: access::optional_environment(&actor, query.environment.as_deref(), "environment")?,
        table: table(query.map.as_deref())?,
        create_missing,
    };
    let bytes = read(body, MAX_FILE_BYTES).await?;
    let format = query.format.unwrap_or_default();
    let (project, roles) = (Arc::clone(&actor.project), actor.roles.clone());
    let limits = app.limits.clone();
    let apply = query.dry_run == Some(false);
    let skip_broken = query.skip_broken == Some(true);
    // Each of the two jobs has the full time limit for CPU-heavy work.
    let read = app.work(project.id, move |_| parse(&bytes, format, limits.limits().import_configs)).await?;
    let limits = app.limits.clone();
    let planned = app
        .work(actor.project.id, move |deadline| {
            let plan = transfer::plan(read, (&project, &roles), &options, limits.limits(), deadline)?;
            Ok(plan_response(plan, apply, skip_broken))
        })
        .await?;
    let (shown, mut configs, new) = planned;
    if shown.is_done {
        create_environments(&app, &actor, new, &mut configs).await?;
        app.apply(&actor, ChangeRequest::put_all(configs).already_validated()).await?;
    } else if apply {
        return Err(ApiError::Invalid(
            shown.problems.into_iter().map(prefab_service::Problem::from).collect(),
        ));
    }
    app.json(actor.project.id, move |_| Ok(shown)).await
}

/// Reads the table of environments.
fn table(json: Option<&str>) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(json) = json.filter(|json| !json.is_empty()) else { return Ok(BTreeMap::new()) };
    serde_json::from_str(json).map_err(|error| {
        ApiError::invalid(format!("`map`: expected an object such as {{\"143\": \"Production\"}}: {error}"))
    })
}

/// Creates the new environments of a plan, and replaces their preliminary ids in the configs.
async fn create_environments(
    app: &App,
    actor: &Actor,
    new: Vec<Environment>,
    configs: &mut [Config],
) -> Result<(), ApiError> {
    if new.is_empty() {
        return Ok(());
    }
    // An import that is refused creates no environments.
    app.apply(actor, ChangeRequest::put_all(configs.to_vec()).already_validated().dry_run()).await?;
    let mut ids = HashMap::new();
    for preliminary in new {
        let created = environments::create_named(app, actor, preliminary.name).await?;
        ids.insert(preliminary.id.0, created.id.0);
    }
    for row in configs.iter_mut().flat_map(|config| &mut config.rows) {
        row.project_env_id = row.project_env_id.map(|id| ids.get(&id).copied().unwrap_or(id));
    }
    Ok(app.project_cache.refresh().await?)
}

fn parse(bytes: &[u8], format: ImportFormat, most: usize) -> Result<ImportFile, ApiError> {
    let text = text(bytes)?;
    let read = match format {
        ImportFormat::Json => transfer::from_json(text, most),
        ImportFormat::Yaml => transfer::from_yaml(text, most),
    };
    read.map_err(ApiError::invalid)
}

/// Returns the plan for the response, the configs to store, and the environments to create.
fn plan_response(
    plan: transfer::Plan,
    apply: bool,
    skip_broken: bool,
) -> (ImportPlan, Vec<Config>, Vec<Environment>) {
    let steps = plan.steps.iter().map(view).collect();
    let count = |is_new| plan.steps.iter().filter(|step| step.is_new() == is_new).count();
    let (created, changed) = (count(true), count(false));
    let is_done = apply && !plan.is_refused && (plan.problems.is_empty() || skip_broken);
    let text = plan.text();
    let mut new: Vec<Environment> = Vec::new();
    for mapped in &plan.environments {
        if let Some(BecomesEnvironment::New(environment)) = &mapped.becomes
            && !new.contains(environment)
        {
            new.push(environment.clone());
        }
    }
    let environments = plan.environments.into_iter().map(imported_environment).collect();
    let configs = plan.steps.into_iter().map(|step| step.after).collect();
    let (same, problems) = (plan.same, plan.problems);
    (ImportPlan { is_done, created, changed, same, problems, environments, steps, text }, configs, new)
}

fn imported_environment(mapped: MappedEnvironment) -> ImportedEnvironment {
    let MappedEnvironment { id, name, becomes } = mapped;
    let from = match &name {
        Some(name) if id < 0 => name.clone(),
        _ => id.to_string(),
    };
    ImportedEnvironment {
        from,
        name,
        is_new: matches!(becomes, Some(BecomesEnvironment::New(_))),
        to: becomes.map(|becomes| becomes.environment().name.clone()),
    }
}

fn view(step: &PlannedChange) -> PlannedStep {
    PlannedStep {
        key: step.after.key.clone(),
        action: if step.is_new() { "create" } else { "change" }.to_owned(),
        differences: step.differences.clone(),
    }
}
