//! The change history of a project, newest first, in the format of migration tools.

use std::collections::{HashMap, hash_map::Entry};

use axum::{
    extract::{Query, State},
    response::Response,
};
use prefab_core::{ChangedBy, Config};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{error::ApiError, sdk::api_key::Admin, state::App};
use prefab_service::{change::diff, item, project::Project};
use prefab_store::{Store, Version};

const MAX_CHANGES: u32 = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryQuery {
    limit: Option<u32>,
    cursor: Option<String>,
    include_new_version: Option<bool>,
    include_summary: Option<bool>,
}

/// Handles `GET change-history`.
pub(crate) async fn changes(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    let limit = query.limit.unwrap_or(50).clamp(1, MAX_CHANGES);
    let cursor = query.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    let before = cursor.map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| ApiError::invalid("`cursor`: expected what the last page gave"))?;
    let store = app.project_cache.store();
    let versions = store.changes(caller.project.id, before, limit).await?;
    let previous = previous(store, &caller.project, &versions).await?;
    let project = caller.project;
    app.json(project.id, move |_| {
        let changes: Vec<Value> = versions
            .iter()
            .map(|version| {
                let before = version.previous_id.and_then(|id| previous.get(&id)).and_then(Option::as_ref);
                change(version, before, &project, &query)
            })
            .collect();
        let mut answer = json!({ "changes": changes });
        let is_full = u32::try_from(versions.len()).is_ok_and(|count| count == limit);
        if let Some(last) = versions.last().filter(|_| is_full) {
            answer["cursor"] = last.id.to_string().into();
        }
        Ok(answer)
    })
    .await
}

/// Finds the previous version of each version. Most are on the same page.
async fn previous(
    store: &dyn Store,
    project: &Project,
    versions: &[Version],
) -> Result<HashMap<i64, Option<Config>>, ApiError> {
    let mut known: HashMap<i64, Option<Config>> =
        versions.iter().map(|version| (version.id, version.config.clone())).collect();
    for id in versions.iter().filter_map(|version| version.previous_id) {
        if let Entry::Vacant(unknown) = known.entry(id) {
            let version = store.version(project.id, id).await?;
            unknown.insert(version.and_then(|version| version.config));
        }
    }
    Ok(known)
}

fn change(version: &Version, before: Option<&Config>, project: &Project, query: &HistoryQuery) -> Value {
    let after = version.config.as_ref();
    let mut change = json!({
        "key": version.key,
        "type": after.or(before).map_or("config", |config| item::type_name(config.config_type)),
        "changedAt": version.changed_at_millis,
        "changedBy": changed_by(&version.changed_by),
        "deleted": after.is_none(),
        "newConfigId": version.id.to_string(),
        "version": version.id.to_string(),
    });
    if let Some(id) = version.previous_id {
        change["previousConfigId"] = id.to_string().into();
    }
    if query.include_summary.unwrap_or(true) {
        let differences = diff::describe(before, after, &project.environments());
        change["summary"] = format!("`{}`: {}", version.key, differences.join("; ")).into();
    }
    if let Some(config) = after.filter(|_| query.include_new_version.unwrap_or(true)) {
        change["newConfig"] = item::to_json(config);
    }
    change
}

/// Returns the number of the person, or of the API key if there is none.
fn changed_by(changed_by: &ChangedBy) -> Value {
    let ChangedBy { user_id, email, api_key_id, user_identity } = changed_by;
    if *user_id != 0 && api_key_id.is_empty() {
        return json!({ "id": user_id.to_string(), "email": email, "fullName": user_identity, "type": "USER" });
    }
    let name = if api_key_id.is_empty() { user_identity.clone() } else { format!("key {api_key_id}") };
    json!({ "id": api_key_id, "email": email, "fullName": name, "type": "API_KEY" })
}
