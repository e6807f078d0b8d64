//! Taking everything along, and bringing it here: plan first, then do.

use axum::{Json, body::Body, extract::State};
use prefab_core::datafile;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::{
    access::{self, Access, Asked, At},
    views::Problem,
};
use crate::{
    api::{ApiError, App, MOST_IMPORTED, read},
    change,
    manage::transfer::{self, Step},
    people::Role,
};

/// The largest file that is read.
const MOST_BYTES: usize = MOST_IMPORTED;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only what clients of this environment are given, as a datafile that SDKs load.
    environment: Option<String>,
}

/// Exports everything, or a datafile of one environment.
///
/// What comes out is the same as long as the configs are the same: it has neither versions nor authors.
#[utoipa::path(
    get, path = "/projects/{project}/export", tag = "transfer", params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Object), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn export(
    access: Access,
    At(project): At<i64>,
    Asked(Wanted { environment }): Asked<Wanted>,
) -> Result<Json<Json_>, ApiError> {
    let author = access.to(project)?;
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    Ok(Json(match environment {
        Some(environment) => datafile::to_json(&author.project.datafile(environment)),
        None => transfer::export(&author.project),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Says what would change, and changes nothing. True unless it is said to be false.
    dry_run: Option<bool>,
    /// `json` for datafiles, downloads, exports and pages of a change history, `yaml` for files of defaults.
    #[param(inline)]
    format: Option<Format>,
    /// The environment that a datafile's own rules are for, by number or name; without, they become the
    /// rules of the environment it was made for, if that is here.
    environment: Option<String>,
    /// Imports what can be taken, and leaves out what cannot: broken patterns, rules for environments that are
    /// not here, and what refers to these. Without, one of them keeps all of it from being imported.
    skip_broken: Option<bool>,
    /// Why, for the audit log; some environments take no change without.
    comment: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Json,
    Yaml,
}

/// What an import does, or would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    is_done: bool,
    created: usize,
    changed: usize,
    same: usize,
    /// Entries that cannot be taken, and why. Nothing is done while there are any, but with `skipBroken`.
    problems: Vec<String>,
    steps: Vec<PlannedStep>,
    /// All of this as a text for people.
    text: String,
}

/// What becomes of one key.
#[derive(Serialize, ToSchema)]
pub(super) struct PlannedStep {
    key: String,
    /// `create` or `change`.
    action: &'static str,
    /// What is different, one sentence each.
    differences: Vec<String>,
}

/// Imports a datafile, an unfiltered download, an export, a change history (one page or a list of pages), or a
/// YAML file of defaults: all of it or nothing, or with `skipBroken` what can be taken. What a file does not name
/// stays.
#[utoipa::path(
    post, path = "/projects/{project}/import", tag = "transfer", params(("project" = i64, Path), How),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, body = Plan), (status = 400, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem))
)]
pub(super) async fn import(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Asked(how): Asked<How>,
    body: Body,
) -> Result<Json<Plan>, ApiError> {
    let author = access.holding(project, Role::Publisher)?.because(how.comment.unwrap_or_default());
    let environment = access::optional_environment(&author, how.environment.as_deref(), "environment")?;
    let bytes = read(body, MOST_BYTES).await?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|error| ApiError::invalid(format!("the body: not UTF-8: {error}")))?;
    let read = match how.format.unwrap_or_default() {
        Format::Json => transfer::from_json(text),
        Format::Yaml => transfer::from_yaml(text),
    };
    let read = read.map_err(ApiError::invalid)?;
    let plan = transfer::plan(read, &author.project, environment);
    let steps = plan.steps.iter().map(view).collect();
    let count = |wanted| plan.steps.iter().filter(|step| step.is_new() == wanted).count();
    let (created, changed) = (count(true), count(false));
    let is_wanted = how.dry_run == Some(false);
    let is_done = is_wanted && (plan.problems.is_empty() || how.skip_broken == Some(true));
    let text = plan.text();
    let shown = Plan { is_done, created, changed, same: plan.same, problems: plan.problems, steps, text };
    if is_done {
        let configs = plan.steps.into_iter().map(|step| step.after).collect();
        change::put_checked(&app, &author, configs).await?;
    } else if is_wanted {
        return Err(ApiError::Invalid(shown.problems));
    }
    Ok(Json(shown))
}

fn view(step: &Step) -> PlannedStep {
    PlannedStep {
        key: step.after.key.clone(),
        action: if step.is_new() { "create" } else { "change" },
        differences: step.differences.clone(),
    }
}
