//! The loggers that clients report.

use axum::{extract::State, response::Response};

use crate::api::management::access::{self, Access, PathParams, QueryParams};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{ErrorResponse, LevelCounts, LoggerResponse, LoggersQuery};
use prefab_store::{Logger, add_counts};

/// Lists the loggers that clients report, sorted by name.
#[utoipa::path(
    get, path = "/projects/{project}/loggers", tag = "log levels", params(("project" = i64, Path), LoggersQuery),
    responses((status = 200, body = Vec<LoggerResponse>), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(LoggersQuery { environment, search }): QueryParams<LoggersQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let store = app.project_cache.store();
    app.telemetry.flush(store).await;
    let search = search.unwrap_or_default().to_lowercase();
    let loggers = store.loggers(actor.project.id, environment).await?.into_iter();
    app.json(actor.project.id, move |_| {
        let loggers = loggers.filter(|logger| logger.name.to_lowercase().contains(&search));
        Ok(loggers.map(view).collect::<Vec<_>>())
    })
    .await
}

fn view(logger: Logger) -> LoggerResponse {
    let Logger { environment, name, counts, last_at_millis } = logger;
    let [trace, debug, info, warn, error, fatal] = counts;
    LoggerResponse {
        name,
        environment: environment.to_string(),
        counts: LevelCounts { trace, debug, info, warn, error, fatal },
        total: counts.into_iter().fold(0, add_counts),
        last_at: last_at_millis,
    }
}
