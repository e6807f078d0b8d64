//! Two environments beside one another: what is different, and making one like the other.

use std::collections::HashSet;

use axum::{Json, extract::State, response::Response};
use prefab_core::{Config, ConfigRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams, QueryParams},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::EnvironmentId;
use prefab_service::{actor::Author, change, describe};
use prefab_store::Role;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Sides {
    /// An environment by number or name.
    left: String,
    /// Another one.
    right: String,
}

/// A key whose rules are different in two environments.
#[derive(Serialize, ToSchema)]
pub(super) struct Unequal {
    key: String,
    /// The rules on the left, in words; nothing where it has none of its own.
    left: Option<Vec<String>>,
    /// The rules on the right.
    right: Option<Vec<String>>,
}

/// Lists the keys whose own rules are different in two environments.
#[utoipa::path(
    get, path = "/projects/{project}/compare", tag = "environments",
    params(("project" = i64, Path), Sides),
    responses((status = 200, body = Vec<Unequal>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn compare(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(Sides { left, right }): QueryParams<Sides>,
) -> Result<Response, ApiError> {
    let author = access.authorize(project)?;
    let left = access::environment(&author, &left, "left")?.id;
    let right = access::environment(&author, &right, "right")?.id;
    app.json(author.project.id, move |_| {
        let unequal = unequal(&author, left, right).into_iter();
        let shown = unequal.map(|config| Unequal {
            left: row(&config, left).map(said),
            right: row(&config, right).map(said),
            key: config.key,
        });
        Ok(shown.collect::<Vec<_>>())
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Copy {
    /// The environment whose rules are taken, by number or name.
    from: String,
    /// Only these keys; all without.
    keys: Option<Vec<String>>,
    /// Says what would change, and changes nothing.
    #[serde(default)]
    dry_run: bool,
    /// Why, for the audit log; some environments take no change without.
    #[serde(default)]
    comment: String,
}

/// What a copy changes, or would.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Copied {
    is_done: bool,
    keys: Vec<String>,
}

/// Gives an environment the rules of another one, all or none.
#[utoipa::path(
    post, path = "/projects/{project}/environments/{environment}/copy", tag = "environments",
    params(("project" = i64, Path), ("environment" = String, Path, description = "Its number or its name")),
    request_body = Copy,
    responses((status = 200, body = Copied), (status = 400, body = Problem), (status = 404, body = Problem),
              (status = 409, body = Problem))
)]
pub(super) async fn copy(
    State(app): State<App>,
    access: Access,
    PathParams((project, to)): PathParams<(i64, String)>,
    JsonBody(Copy { from, keys, dry_run, comment }): JsonBody<Copy>,
) -> Result<Json<Copied>, ApiError> {
    let author = access.require_role(project, Role::Publisher)?.because(comment);
    let to = access::environment(&author, &to, "environment").map_err(|_| ApiError::NotFound)?.id;
    let from = access::environment(&author, &from, "from")?.id;
    let copier = author.clone();
    let configs = app.work(author.project.id, move |_| Ok(copied(&copier, from, to, keys))).await?;
    let keys = configs.iter().map(|config| config.key.clone()).collect();
    if !dry_run {
        change::put_all(&app, &author, configs).await?;
    }
    Ok(Json(Copied { is_done: !dry_run, keys }))
}

/// Returns the configs with the rules of one environment given to another one.
fn copied(author: &Author, from: EnvironmentId, to: EnvironmentId, keys: Option<Vec<String>>) -> Vec<Config> {
    let keys: Option<HashSet<String>> = keys.map(|keys| keys.into_iter().collect());
    let mut configs = unequal(author, from, to);
    configs.retain(|config| keys.as_ref().is_none_or(|keys| keys.contains(&config.key)));
    for config in &mut configs {
        let taken = row(config, from).cloned();
        config.rows.retain(|row| row.project_env_id != Some(to.0));
        config.rows.extend(taken.map(|row| ConfigRow { project_env_id: Some(to.0), ..row }));
        // A config that stood only there stands nowhere now, which is for archiving.
        if config.rows.is_empty() {
            config.rows.push(ConfigRow::for_environment(to.0, Vec::new()));
        }
    }
    configs
}

fn unequal(author: &Author, left: EnvironmentId, right: EnvironmentId) -> Vec<Config> {
    let configs = author.project.configs();
    let live = configs.values().filter_map(|version| version.config.clone());
    let rules = |config: &Config, environment| row(config, environment).map(|row| row.values.clone());
    live.filter(|config| rules(config, left) != rules(config, right)).collect()
}

fn row(config: &Config, environment: EnvironmentId) -> Option<&ConfigRow> {
    config.rows.iter().find(|row| row.project_env_id == Some(environment.0))
}

fn said(row: &ConfigRow) -> Vec<String> {
    row.values.iter().map(describe::rule).collect()
}
