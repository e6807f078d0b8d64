//! All configs in one file: as one environment's clients are given them, or as they are kept.

use axum::{
    Json,
    extract::{Query, State},
};
use prefab_core::{Config, ConfigSet, datafile};
use serde::Deserialize;
use serde_json::Value;

use super::{ApiError, App, caller::Admin};
use crate::ids::EnvironmentId;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    env_id: Option<String>,
}

/// Answers `GET configs/download?envId=`.
pub(super) async fn datafile(
    State(_): State<App>,
    Admin(caller): Admin,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, ApiError> {
    let environment = match wanted.env_id.as_deref() {
        None | Some("") => caller.environment,
        Some(text) => {
            let id =
                text.parse().map_err(|_| ApiError::invalid("`envId`: expected an environment's number"))?;
            EnvironmentId(id)
        }
    };
    caller.project.channel(environment).ok_or(ApiError::NotFound)?;
    Ok(Json(datafile::to_json(&caller.project.datafile(environment))))
}

/// Answers `GET configs/download-unfiltered` with the rows of every environment.
pub(super) async fn unfiltered(Admin(caller): Admin) -> Json<Value> {
    let configs = caller.project.configs();
    let configs = configs.values().filter_map(|version| version.config.clone());
    // Official tools do not know them.
    let configs = configs.map(|config| Config { tags: Vec::new(), ..config }).collect();
    Json(datafile::to_json(&ConfigSet { configs, ..ConfigSet::default() }))
}
