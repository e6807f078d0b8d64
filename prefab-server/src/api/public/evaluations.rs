//! How often was which value handed out, as clients report it?

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::{IntoParams, ToSchema};

use super::{
    access::{Access, Asked, At},
    views::Problem,
};
use crate::{
    api::{ApiError, App},
    clock,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The key of an item.
    key: String,
}

/// Evaluations of a key.
#[derive(Serialize, ToSchema)]
pub(super) struct Evaluations {
    key: String,
    /// Since when they are counted, in milliseconds since 1970.
    start: i64,
    end: i64,
    total: i64,
    environments: Vec<EnvironmentCounts>,
}

/// Evaluations in one environment.
#[derive(Serialize, ToSchema)]
pub(super) struct EnvironmentCounts {
    /// The environment's number, as a text.
    id: String,
    name: String,
    total: i64,
    counts: Vec<ValueCount>,
}

/// How often one value was handed out.
#[derive(Serialize, ToSchema)]
pub(super) struct ValueCount {
    /// The value, in the datafile's form; redacted if it is confidential.
    #[schema(value_type = Object)]
    value: Json_,
    count: i64,
}

/// Counts evaluations of a key, per environment and value, since the server started.
#[utoipa::path(
    get, path = "/projects/{project}/evaluations", tag = "evaluation",
    params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Evaluations), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn counts(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Asked(Wanted { key }): Asked<Wanted>,
) -> Result<Json<Evaluations>, ApiError> {
    let author = access.to(project)?;
    let mut environments = Vec::new();
    for environment in &*author.project.environments() {
        let counts = app.telemetry.evaluations(environment.id, &key);
        let counts: Vec<ValueCount> = counts
            .into_iter()
            .map(|(value, count)| ValueCount {
                value: serde_json::from_str(&value).unwrap_or_default(),
                count,
            })
            .collect();
        if !counts.is_empty() {
            environments.push(EnvironmentCounts {
                id: environment.id.to_string(),
                name: environment.name.clone(),
                total: counts.iter().map(|count| count.count).sum(),
                counts,
            });
        }
    }
    let total = environments.iter().map(|environment| environment.total).sum();
    Ok(Json(Evaluations { key, start: app.started_millis, end: clock::now_millis(), total, environments }))
}
