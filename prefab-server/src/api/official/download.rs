//! Downloads of all configs: as the clients of an environment receive them, or with all rows.

use axum::{
    extract::{Query, State},
    response::Response,
};
use prefab_core::{Config, ConfigSet, datafile};
use serde::Deserialize;

use crate::api::{error::ApiError, sdk::api_key::Admin, state::App};
use prefab_core::ids::EnvironmentId;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadQuery {
    env_id: Option<String>,
}

/// Handles `GET configs/download?envId=`.
pub(crate) async fn datafile(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(query): Query<DownloadQuery>,
) -> Result<Response, ApiError> {
    let environment = match query.env_id.as_deref() {
        None | Some("") => caller.environment,
        Some(text) => {
            let id =
                text.parse().map_err(|_| ApiError::invalid("`envId`: expected an environment's number"))?;
            EnvironmentId(id)
        }
    };
    if !caller.project.environments().iter().any(|one| one.id == environment) {
        return Err(ApiError::NotFound);
    }
    let project = caller.project;
    app.json(project.id, move |_| Ok(datafile::to_json(&project.datafile(environment)))).await
}

/// Handles `GET configs/download-unfiltered` with the rows of every environment.
pub(crate) async fn unfiltered(State(app): State<App>, Admin(caller): Admin) -> Result<Response, ApiError> {
    let project = caller.project;
    app.json(project.id, move |_| {
        let configs = project.configs();
        let configs = configs.values().filter_map(|version| version.config.clone());
        // Official tools do not support tags.
        let configs = configs.map(|config| Config { tags: Vec::new(), ..config }).collect();
        Ok(datafile::to_json(&ConfigSet { configs, ..ConfigSet::default() }))
    })
    .await
}
