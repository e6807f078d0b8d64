//! Single values: set without changing other rules, or validated.

use axum::{Json, extract::State, response::Response};

use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    confidential,
    items::current_item,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    ChangeResponse, ErrorResponse, SetValueRequest, ValidateValueRequest, namespace_problem,
};
use prefab_service::{
    Conflict,
    change::{ChangeRequest, Edit},
    item,
    validate::{self, ValueProblem},
};
use prefab_store::Role;

/// Sets the value that applies if no rule with criteria matches, for all environments or for one, or for a namespace.
#[utoipa::path(
    put, path = "/projects/{project}/items/{key}/value", tag = "items",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = SetValueRequest,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "Another version is current", body = ErrorResponse))
)]
pub(super) async fn set(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(request): JsonBody<SetValueRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let SetValueRequest { value, environment, namespace, version, comment } = request;
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    if let Some(problem) = namespace.as_deref().and_then(namespace_problem) {
        return Err(ApiError::invalid(problem));
    }
    let key = access::item_key(&actor, &key)?;
    let environment = access::optional_environment(&actor, environment.as_deref(), "environment")?;
    let value = item::to_value(&value, "value").map_err(ApiError::invalid)?;
    let request = || {
        let (current, before) = current_item(&actor, &key)?;
        if version.as_ref().is_some_and(|version| *version != current.id.to_string()) {
            return Err(ApiError::from(Conflict::Version { key: key.clone(), current: current.id }));
        }
        let mut edit = match &namespace {
            Some(namespace) => Edit::set_for_namespace(&current, environment, namespace, value.clone())?,
            None => Edit::set_default(&current, environment, value.clone())?,
        };
        if let Some(config) = edit.config.take() {
            edit.config = Some(confidential::restored_from(&actor, config, [&before])?);
        }
        Ok(ChangeRequest::new(edit))
    };
    let id = app.apply_to_current(&actor, request).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key }))
}

/// Validates a value without storing it: JSON syntax, a schema, or a value against its schema. Returns the problems.
#[utoipa::path(
    post, path = "/projects/{project}/validate", tag = "items", params(("project" = i64, Path)),
    request_body = ValidateValueRequest,
    responses((status = 200, body = Vec<ValueProblem>), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn validate(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(ValidateValueRequest { value, schema_key }): JsonBody<ValidateValueRequest>,
) -> Result<Response, ApiError> {
    let project = access.require_role(project, Role::Viewer)?.project;
    let limits = app.limits.clone();
    app.json(project.id, move |_| {
        let value = item::to_value(&value, "value").map_err(ApiError::invalid)?;
        Ok(validate::check_value(&value, schema_key.as_deref(), &project.configs(), limits.limits()))
    })
    .await
}
