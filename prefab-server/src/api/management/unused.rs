//! Which items does nobody use?

use std::{collections::HashMap, collections::HashSet};

use axum::{extract::State, response::Response};
use prefab_core::{Config, ConfigType};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{Access, PathParams, QueryParams},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{
    item::{Item, ItemType},
    project::Configs,
    references,
};
use prefab_store::{HOUR_MILLIS, clock};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// For how many days; 30 without.
    days: Option<u32>,
}

/// Items that nobody uses.
#[derive(Serialize, ToSchema)]
pub(super) struct Unused {
    days: u32,
    items: Vec<UnusedItem>,
}

/// An item that nobody uses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnusedItem {
    key: String,
    #[serde(rename = "type")]
    item_type: ItemType,
    /// When it was changed, in milliseconds since 1970.
    changed_at: i64,
    /// When it was evaluated last, in milliseconds since 1970.
    last_evaluated_at: Option<i64>,
    /// Why it counts as unused, for people.
    #[schema(example = "never evaluated")]
    reason: &'static str,
}

/// Lists items that no client evaluated for some days, and segments, schemas and keys that nothing refers to.
///
/// Items that were changed within that time are left out: clients may not have come to them yet. Evaluations
/// are known of clients that report telemetry.
#[utoipa::path(
    get, path = "/projects/{project}/unused", tag = "evaluation", params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Unused), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(Wanted { days }): QueryParams<Wanted>,
) -> Result<Response, ApiError> {
    let author = access.authorize(project)?;
    let days = days.unwrap_or(30);
    app.telemetry.flush(app.hub.store()).await;
    let evaluated = app.hub.store().evaluated(author.project.id).await?;
    let evaluated: HashMap<String, i64> = evaluated.into_iter().collect();
    let since = clock::now_millis().saturating_sub(i64::from(days) * 24 * HOUR_MILLIS);
    app.json(author.project.id, move |_| Ok(unused(&author.project.configs(), &evaluated, days, since))).await
}

fn unused(configs: &Configs, evaluated: &HashMap<String, i64>, days: u32, since: i64) -> Unused {
    let referred: HashSet<&str> = references::referred(configs);
    let mut items = Vec::new();
    for (key, version) in configs {
        let Some(config) = version.config.as_ref().filter(|_| version.changed_at_millis <= since) else {
            continue;
        };
        let last = evaluated.get(key).copied();
        let is_referred = referred.contains(key.as_str());
        let reason = match last {
            _ if is_referred => continue,
            _ if is_only_referred_to(config) => "nothing refers to it",
            Some(at) if at > since => continue,
            Some(_) => "not evaluated any more",
            None => "never evaluated",
        };
        items.push(UnusedItem {
            key: key.clone(),
            item_type: Item::of(config).purpose,
            changed_at: version.changed_at_millis,
            last_evaluated_at: last,
            reason,
        });
    }
    Unused { days, items }
}

/// Clients evaluate such items on the way to others, and report only those.
fn is_only_referred_to(config: &Config) -> bool {
    matches!(config.config_type, ConfigType::Segment | ConfigType::Schema)
}
