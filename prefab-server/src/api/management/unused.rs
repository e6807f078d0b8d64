//! Unused items.

use std::{collections::HashMap, collections::HashSet};

use axum::{extract::State, response::Response};
use prefab_core::{Config, ConfigType};

use crate::api::management::access::{Access, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{ErrorResponse, UnusedItem, UnusedQuery, UnusedResponse};
use prefab_service::{item, project::Configs, references};
use prefab_store::HOUR_MILLIS;

/// Lists items that no client has evaluated for some days, and segments, schemas and keys without references.
///
/// Items that were changed within that time are not listed. Only clients that report telemetry are counted.
#[utoipa::path(
    get, path = "/projects/{project}/unused", tag = "evaluation", params(("project" = i64, Path), UnusedQuery),
    responses((status = 200, body = UnusedResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(UnusedQuery { days }): QueryParams<UnusedQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let days = days.unwrap_or(30);
    app.telemetry.flush(app.project_cache.store()).await;
    let evaluated = app.project_cache.store().last_evaluations(actor.project.id).await?;
    let evaluated: HashMap<String, i64> = evaluated.into_iter().collect();
    let since = app.clock.now_millis().saturating_sub(i64::from(days) * 24 * HOUR_MILLIS);
    app.json(actor.project.id, move |_| Ok(unused(&actor.project.configs(), &evaluated, days, since))).await
}

fn unused(configs: &Configs, evaluated: &HashMap<String, i64>, days: u32, since: i64) -> UnusedResponse {
    let referred: HashSet<&str> = references::referenced_keys(configs);
    let mut items = Vec::new();
    for (key, version) in configs {
        let Some(config) = version.config.as_ref().filter(|_| version.changed_at_millis <= since) else {
            continue;
        };
        let last = evaluated.get(key).copied();
        let is_referred = referred.contains(key.as_str());
        let reason = match last {
            _ if is_referred => continue,
            _ if is_only_referred_to(config) => "no references",
            Some(at) if at > since => continue,
            Some(_) => "no longer evaluated",
            None => "never evaluated",
        };
        items.push(UnusedItem {
            key: key.clone(),
            item_type: item::item_type(config),
            changed_at: version.changed_at_millis,
            last_evaluated_at: last,
            reason: reason.to_owned(),
        });
    }
    UnusedResponse { days, items }
}

/// Clients do not report evaluations of segments and schemas, only of the items that refer to them.
fn is_only_referred_to(config: &Config) -> bool {
    matches!(config.config_type, ConfigType::Segment | ConfigType::Schema)
}
