//! Differences between two environments, and copying rules from one to the other.

use std::collections::HashSet;

use axum::{Json, extract::State, response::Response};
use prefab_core::{Config, ConfigRow};

use crate::api::management::access::{self, Access, JsonBody, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_management_api::{
    CompareQuery, CopyRulesRequest, CopyRulesResponse, ErrorResponse, RuleDifference,
};
use prefab_service::{actor::Actor, change::ChangeRequest, confidential, describe};
use prefab_store::Role;

/// Lists the items whose rules differ between two environments.
#[utoipa::path(
    get, path = "/projects/{project}/compare", tag = "environments",
    params(("project" = i64, Path), CompareQuery),
    responses((status = 200, body = Vec<RuleDifference>), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn compare(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(CompareQuery { left, right }): QueryParams<CompareQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let left = access::environment(&actor, &left, "left")?.id;
    let right = access::environment(&actor, &right, "right")?.id;
    app.json(actor.project.id, move |_| {
        let differing_configs = differing_configs(&actor, left, right).into_iter();
        let differences = differing_configs.map(|config| RuleDifference {
            left: row(&config, left).map(describe_rules),
            right: row(&config, right).map(describe_rules),
            key: config.key,
        });
        Ok(differences.collect::<Vec<_>>())
    })
    .await
}

/// Copies the rules of another environment to this one, in one change.
#[utoipa::path(
    post, path = "/projects/{project}/environments/{environment}/copy", tag = "environments",
    params(("project" = i64, Path), ("environment" = String, Path, description = "The number or name of the environment")),
    request_body = CopyRulesRequest,
    responses((status = 200, body = CopyRulesResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, body = ErrorResponse))
)]
pub(super) async fn copy(
    State(app): State<App>,
    access: Access,
    PathParams((project, to)): PathParams<(i64, String)>,
    JsonBody(CopyRulesRequest { from, keys, dry_run, comment }): JsonBody<CopyRulesRequest>,
) -> Result<Json<CopyRulesResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let to = access::path_environment(&actor, &to)?.id;
    let from = access::environment(&actor, &from, "from")?.id;
    let copier = actor.clone();
    let configs = app.work(actor.project.id, move |_| Ok(copied(&copier, from, to, keys))).await?;
    // A confidential value could be read in the other environment afterwards.
    let is_secret = configs.iter().any(|config| confidential::scopes(config).contains(&Some(from.0)));
    if is_secret && !confidential::may_read(&actor.roles, &actor.project.environments(), Some(from.0)) {
        return Err(ApiError::Forbidden(
            "copying confidential values requires the role publisher in the environment they are copied from",
        ));
    }
    let keys = configs.iter().map(|config| config.key.clone()).collect();
    if !dry_run {
        app.apply(&actor, ChangeRequest::put_all(configs)).await?;
    }
    Ok(Json(CopyRulesResponse { is_done: !dry_run, keys }))
}

/// Returns the configs with the rules of one environment copied to another.
fn copied(actor: &Actor, from: EnvironmentId, to: EnvironmentId, keys: Option<Vec<String>>) -> Vec<Config> {
    let keys: Option<HashSet<String>> = keys.map(|keys| keys.into_iter().collect());
    let mut configs = differing_configs(actor, from, to);
    configs.retain(|config| keys.as_ref().is_none_or(|keys| keys.contains(&config.key)));
    for config in &mut configs {
        let taken = row(config, from).cloned();
        config.rows.retain(|row| row.project_env_id != Some(to.0));
        config.rows.extend(taken.map(|row| ConfigRow { project_env_id: Some(to.0), ..row }));
        // Without any rules, the config would have to be archived instead.
        if config.rows.is_empty() {
            config.rows.push(ConfigRow::for_environment(to.0, Vec::new()));
        }
    }
    configs
}

fn differing_configs(actor: &Actor, left: EnvironmentId, right: EnvironmentId) -> Vec<Config> {
    let configs = actor.project.configs();
    let live = configs.values().filter_map(|version| version.config.clone());
    let rules = |config: &Config, environment| row(config, environment).map(|row| row.values.clone());
    live.filter(|config| rules(config, left) != rules(config, right)).collect()
}

fn row(config: &Config, environment: EnvironmentId) -> Option<&ConfigRow> {
    config.rows.iter().find(|row| row.project_env_id == Some(environment.0))
}

fn describe_rules(row: &ConfigRow) -> Vec<String> {
    row.values.iter().map(describe::rule).collect()
}
