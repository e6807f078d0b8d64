//! One value: set where the rules of an item are to stay, or only looked at.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::management::{
    access::{self, Access, At, Sent},
    items::standing,
    views::{Changed, Problem},
};
use crate::api::{error::ApiError, state::App};
use prefab_service::{
    Conflict,
    change::{ChangeRequest, Edit},
    item::FlatValue,
    validate::{self, ValueProblem},
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
    At((project, key)): At<(i64, String)>,
    Sent(NewValue { value, environment, version, comment }): Sent<NewValue>,
) -> Result<Json<Changed>, ApiError> {
    let actor = access.holding(project, Role::Publisher)?.with_comment(comment);
    let (standing, _) = standing(&actor, &key)?;
    if let Some(version) = version
        && version != standing.id.to_string()
    {
        return Err(Conflict::Version { key, current: standing.id }.into());
    }
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let value = value.to_value("value").map_err(ApiError::invalid)?;
    let edit = Edit::set_default(&standing, environment, value)?;
    let id = app.apply(&actor, ChangeRequest::new(edit)).await?.id()?;
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
    responses((status = 200, body = Vec<ValueProblem>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn validate(
    State(app): State<App>,
    access: Access,
    At(project): At<i64>,
    Sent(Attempt { value, schema_key }): Sent<Attempt>,
) -> Result<Response, ApiError> {
    let project = access.holding(project, Role::Viewer)?.project;
    let limits = app.limits.clone();
    app.json(project.id, move |_| {
        let value = value.to_value("value").map_err(ApiError::invalid)?;
        Ok(validate::check_value(&value, schema_key.as_deref(), &project.configs(), limits.limits()))
    })
    .await
}
