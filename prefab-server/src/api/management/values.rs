//! One value: set where the rules of an item are to stay, or only looked at.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    items::standing,
    views::{Changed, Problem},
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{
    Conflict, change,
    item::FlatValue,
    validate::{self, Flaw},
};
use prefab_store::Role;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewValue {
    value: FlatValue,
    /// The environment by number or name; without, the default of all.
    environment: Option<String>,
    /// The version that the change is meant for; without, whichever stands.
    version: Option<String>,
    /// Why, for the audit log; some environments take no change without.
    #[serde(default)]
    comment: String,
}

/// Sets the value that is given where no rule with criteria holds, by default or in one environment.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/value", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = NewValue,
    responses((status = 200, body = Changed), (status = 400, body = Problem), (status = 404, body = Problem),
              (status = 409, description = "Another version stands by now", body = Problem))
)]
pub(super) async fn set(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(NewValue { value, environment, version, comment }): JsonBody<NewValue>,
) -> Result<Json<Changed>, ApiError> {
    let author = access.require_role(project, Role::Publisher)?.because(comment);
    let (standing, _) = standing(&author, &key)?;
    if let Some(version) = version
        && version != standing.id.to_string()
    {
        return Err(Conflict::Version { key, current: standing.id }.into());
    }
    let environment = access::optional_environment(&author, environment.as_deref(), "environment")?;
    let value = value.to_value("value").map_err(ApiError::invalid)?;
    let id = change::set_default(&app, &author, &standing, environment, value).await?;
    Ok(Json(Changed { id: id.to_string(), key }))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Attempt {
    value: FlatValue,
    /// The key of the schema that it is to follow.
    schema_key: Option<String>,
}

/// Says what is wrong with a value and where, and stores nothing: JSON that does not parse, a schema that is none,
/// what does not follow a schema.
#[utoipa::path(
    post, path = "/projects/{project}/validate", tag = "items", params(("project" = i64, Path)),
    request_body = Attempt,
    responses((status = 200, body = Vec<Flaw>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn validate(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(Attempt { value, schema_key }): JsonBody<Attempt>,
) -> Result<Response, ApiError> {
    let project = access.require_role(project, Role::Viewer)?.project;
    let limits = app.limits.clone();
    app.json(project.id, move |_| {
        let value = value.to_value("value").map_err(ApiError::invalid)?;
        Ok(validate::flaws(&value, schema_key.as_deref(), &project.configs(), limits.limits()))
    })
    .await
}
