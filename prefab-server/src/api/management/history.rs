//! Versions of an item: list, compare, revert and restore.

use std::collections::HashMap;

use axum::{Json, extract::State, response::Response};
use prefab_core::Config;

use crate::api::management::access::{self, Access, JsonBody, OptionalJsonBody, PathParams, QueryParams};
use crate::api::management::confidential;
use crate::api::management::views::item_version;
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{
    ChangeComment, ChangeResponse, DiffQuery, DiffResponse, ErrorResponse, ItemVersion, RevealQuery,
    RevertRequest,
};
use prefab_service::{
    Conflict,
    actor::Actor,
    change::{ChangeRequest, Edit, diff},
    item,
};
use prefab_store::{AuditFilter, AuditRecord, Role, Version};

/// The maximum number of listed versions.
const MAX_VERSIONS: u32 = 1_000;

/// Lists the versions of an item, newest first. The item may be archived.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/versions", tag = "history",
    params(("project" = i64, Path), ("key" = String, Path)),
    responses((status = 200, body = Vec<ItemVersion>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn versions(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let key = access::item_key(&actor, &key)?;
    let versions = app.project_cache.store().history(actor.project.id, key.clone(), MAX_VERSIONS).await?;
    if versions.is_empty() {
        return Err(ApiError::NotFound);
    }
    let records = records(&app, &actor, &key).await?;
    let view = move |version: &Version| item_version(version, records.get(&version.id));
    app.json(actor.project.id, move |_| Ok(versions.iter().map(view).collect::<Vec<_>>())).await
}

/// Returns a version and its content.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/versions/{version}", tag = "history",
    params(("project" = i64, Path), ("key" = String, Path), ("version" = String, Path), RevealQuery),
    responses((status = 200, body = ItemVersion),
              (status = 403, description = "You may not reveal the confidential values", body = ErrorResponse),
              (status = 404, body = ErrorResponse))
)]
pub(super) async fn version(
    State(app): State<App>,
    access: Access,
    PathParams((project, key, id)): PathParams<(i64, String, i64)>,
    QueryParams(RevealQuery { reveal }): QueryParams<RevealQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let key = access::item_key(&actor, &key)?;
    let version = find(&app, &actor, &key, id).await?.ok_or(ApiError::NotFound)?;
    let records = records(&app, &actor, &key).await?;
    let form = confidential::form(&app, &actor, reveal, &format!("`{key}`"), &version.config).await?;
    app.json(actor.project.id, move |_| {
        let item = version.config.as_ref().map(|config| item::from_config(&form.of(config)));
        Ok(ItemVersion { item, ..item_version(&version, records.get(&id)) })
    })
    .await
}

/// Returns the differences between two versions.
#[utoipa::path(
    get, path = "/projects/{project}/items/{key}/diff", tag = "history",
    params(("project" = i64, Path), ("key" = String, Path), DiffQuery),
    responses((status = 200, body = DiffResponse), (status = 400, body = ErrorResponse),
              (status = 403, description = "You may not reveal the confidential values", body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn diff(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    QueryParams(DiffQuery { from, to, reveal }): QueryParams<DiffQuery>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let key = access::item_key(&actor, &key)?;
    let newest = app.project_cache.store().history(actor.project.id, key.clone(), 1).await?.pop();
    let newest = newest.ok_or(ApiError::NotFound)?;
    let missing = |field, id| move || ApiError::invalid(format!("`{field}`: `{key}` has no version {id}"));
    let key = newest.key.clone();
    let to = match to {
        None => newest,
        Some(id) => find(&app, &actor, &key, id).await?.ok_or_else(missing.clone()("to", id))?,
    };
    let from = match from.or(to.previous_id) {
        None => None,
        Some(id) => Some(find(&app, &actor, &key, id).await?.ok_or_else(missing("from", id))?),
    };
    let configs = from.iter().chain([&to]).filter_map(|version| version.config.as_ref());
    let form = confidential::form(&app, &actor, reveal, &format!("`{key}`"), configs).await?;
    let view = move |config: &Config| item::from_config(&form.of(config));
    app.json(actor.project.id, move |_| {
        let before = from.as_ref().and_then(|version| version.config.as_ref());
        let after = to.config.as_ref();
        Ok(DiffResponse {
            from: from.as_ref().map(|version| version.id.to_string()),
            to: to.id.to_string(),
            differences: diff::describe(before, after, &actor.project.environments()),
            before: before.map(view),
            after: after.map(view),
        })
    })
    .await
}

/// Restores the content of an earlier version, as a new version.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/revert", tag = "history",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = RevertRequest,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, body = ErrorResponse))
)]
pub(super) async fn revert(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    JsonBody(RevertRequest { to, comment }): JsonBody<RevertRequest>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(comment);
    let key = access::item_key(&actor, &key)?;
    let id =
        to.parse().map_err(|_| ApiError::invalid("`to`: expected the number of a version, as a string"))?;
    let version = find(&app, &actor, &key, id).await?;
    let config = version.and_then(|version| version.config);
    let config = config.ok_or_else(|| {
        ApiError::invalid(format!("`to`: `{key}` has no version {id} with content to restore"))
    })?;
    restore_config(&app, &actor, config).await
}

/// Restores the last content of an archived item.
#[utoipa::path(
    post, path = "/projects/{project}/items/{key}/restore", tag = "history",
    params(("project" = i64, Path), ("key" = String, Path)), request_body = Option<ChangeComment>,
    responses((status = 200, body = ChangeResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse),
              (status = 409, description = "The item is not archived", body = ErrorResponse))
)]
pub(super) async fn restore(
    State(app): State<App>,
    access: Access,
    PathParams((project, key)): PathParams<(i64, String)>,
    OptionalJsonBody(why): OptionalJsonBody<ChangeComment>,
) -> Result<Json<ChangeResponse>, ApiError> {
    let actor = access.require_role(project, Role::Publisher)?.with_comment(why.comment.unwrap_or_default());
    let key = access::item_key(&actor, &key)?;
    if actor.project.config(&key).is_some() {
        return Err(Conflict::NotArchived(key).into());
    }
    let versions = app.project_cache.store().history(actor.project.id, key, MAX_VERSIONS).await?;
    let last = versions.into_iter().find_map(|version| version.config).ok_or(ApiError::NotFound)?;
    restore_config(&app, &actor, last).await
}

/// Lists archived items.
#[utoipa::path(
    get, path = "/projects/{project}/archived", tag = "history", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<ItemVersion>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn archived(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Response, ApiError> {
    let actor = access.authorize(project)?;
    let versions = app.project_cache.store().deleted(actor.project.id).await?;
    let view = |version: &Version| item_version(version, None);
    app.json(actor.project.id, move |_| Ok(versions.iter().map(view).collect::<Vec<_>>())).await
}

async fn restore_config(app: &App, actor: &Actor, config: Config) -> Result<Json<ChangeResponse>, ApiError> {
    let request = || {
        let current = actor.project.config(&config.key).map(|version| version.id);
        let config = Config { id: current.unwrap_or_default(), ..config.clone() };
        Ok::<_, ApiError>(ChangeRequest::new(Edit::put(config)))
    };
    let id = app.apply_to_current(actor, request).await?.id()?;
    Ok(Json(ChangeResponse { id: id.to_string(), key: config.key }))
}

pub(super) async fn find(app: &App, actor: &Actor, key: &str, id: i64) -> Result<Option<Version>, ApiError> {
    let version = app.project_cache.store().version(actor.project.id, id).await?;
    Ok(version.filter(|version| version.key == key))
}

/// Returns the audit log entries of the versions of an item.
async fn records(app: &App, actor: &Actor, key: &str) -> Result<HashMap<i64, AuditRecord>, ApiError> {
    let filter = AuditFilter {
        project: Some(actor.project.id),
        subject: Some(key.to_owned()),
        action: Some("config".to_owned()),
        limit: MAX_VERSIONS,
        ..AuditFilter::default()
    };
    let records = app.project_cache.store().audit(filter).await?.into_iter();
    Ok(records.filter_map(|record| Some((record.entry.version_id?, record))).collect())
}
