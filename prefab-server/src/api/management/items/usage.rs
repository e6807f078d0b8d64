//! The usage of items.

use std::collections::HashMap;

use axum::{extract::State, response::Response};

use crate::api::management::access::{Access, PathParams};
use crate::api::{error::ApiError, state::App};
use prefab_core::ids::ProjectId;
use prefab_management_api::{ErrorResponse, ItemUsage};
use prefab_store::{HOUR_MILLIS, KeyRange, add_counts};

/// The number of hours in a sparkline.
const HOURS: usize = 24;

/// Returns the usage of a config key without evaluations.
pub(super) fn unused(key: &str) -> ItemUsage {
    ItemUsage { key: key.to_owned(), last_evaluated_at: None, evaluations_24h: 0, sparkline: vec![0; HOURS] }
}

/// Returns the usage of all evaluated items.
#[utoipa::path(
    get, path = "/projects/{project}/usage", tag = "evaluation", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<ItemUsage>), (status = 404, body = ErrorResponse))
)]
pub(crate) async fn used(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let all = KeyRange { first: String::new(), last: char::MAX.to_string() };
    let used = of(&app, actor.project.id, all).await?;
    app.json(actor.project.id, move |_| {
        let mut used: Vec<ItemUsage> = used.into_values().collect();
        used.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(used)
    })
    .await
}

/// Returns the reported usage of the config keys in a range.
pub(super) async fn of(
    app: &App,
    project: ProjectId,
    range: KeyRange,
) -> Result<HashMap<String, ItemUsage>, ApiError> {
    let store = app.project_cache.store();
    app.telemetry.flush(store).await;
    let this_hour = app.clock.now_millis().div_euclid(HOUR_MILLIS) * HOUR_MILLIS;
    let hours = i64::try_from(HOURS).unwrap_or(i64::MAX);
    let start = this_hour - (hours - 1) * HOUR_MILLIS;
    let mut found: HashMap<String, ItemUsage> = HashMap::new();
    for count in store.hourly_counts(project, range.clone(), start).await? {
        let hour = usize::try_from((count.at_millis - start).div_euclid(HOUR_MILLIS)).ok();
        let Some(hour) = hour.filter(|hour| *hour < HOURS) else { continue };
        let usage = of_key(&mut found, count.key);
        usage.sparkline[hour] = add_counts(usage.sparkline[hour], count.count);
        usage.evaluations_24h = add_counts(usage.evaluations_24h, count.count);
    }
    for (key, at_millis) in store.last_evaluations(project).await? {
        if range.first <= key && key <= range.last {
            of_key(&mut found, key).last_evaluated_at = Some(at_millis);
        }
    }
    Ok(found)
}

fn of_key(found: &mut HashMap<String, ItemUsage>, key: String) -> &mut ItemUsage {
    found.entry(key).or_insert_with_key(|key| unused(key))
}
