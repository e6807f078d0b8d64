//! Which loggers do clients have, and how much do they write?

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::management::{
    access::{self, Access, PathParams, QueryParams},
    views::Problem,
};
use crate::api::{error::ApiError, state::App};
use prefab_store::{Logger, add_counts};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only this environment, by number or name.
    environment: Option<String>,
    /// Only loggers whose name contains this.
    search: Option<String>,
}

/// A logger in one environment, with its calls by level as far as they are remembered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggerView {
    #[schema(example = "my_app.checkout")]
    name: String,
    /// The environment's number, as a text.
    environment: String,
    counts: Levels,
    total: i64,
    /// When it was reported last, in milliseconds since 1970.
    last_at: i64,
}

/// Log calls by level.
#[derive(Serialize, ToSchema)]
pub(super) struct Levels {
    trace: i64,
    debug: i64,
    info: i64,
    warn: i64,
    error: i64,
    fatal: i64,
}

/// Lists the loggers that clients report, by name.
#[utoipa::path(
    get, path = "/projects/{project}/loggers", tag = "log levels", params(("project" = i64, Path), Wanted),
    responses((status = 200, body = Vec<LoggerView>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    QueryParams(Wanted { environment, search }): QueryParams<Wanted>,
) -> Result<Response, ApiError> {
    let author = access.authorize(project)?;
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    let store = app.hub.store();
    app.telemetry.flush(store).await;
    let search = search.unwrap_or_default().to_lowercase();
    let loggers = store.loggers(author.project.id, environment).await?.into_iter();
    app.json(author.project.id, move |_| {
        let loggers = loggers.filter(|logger| logger.name.to_lowercase().contains(&search));
        Ok(loggers.map(view).collect::<Vec<_>>())
    })
    .await
}

fn view(logger: Logger) -> LoggerView {
    let Logger { environment, name, counts, last_at_millis } = logger;
    let [trace, debug, info, warn, error, fatal] = counts;
    LoggerView {
        name,
        environment: environment.to_string(),
        counts: Levels { trace, debug, info, warn, error, fatal },
        total: counts.into_iter().fold(0, add_counts),
        last_at: last_at_millis,
    }
}
