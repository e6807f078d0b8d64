//! API keys: list, issue, rotate and revoke.

use axum::{Json, extract::State};

use crate::api::management::access::{self, Access, JsonBody, PathParams};
use crate::api::management::audit_entry;
use crate::api::{error::ApiError, state::App};
use prefab_management_api as api;
use prefab_management_api::{
    ApiKeyResponse, CreateKeyRequest, CreateKeyResponse, ErrorResponse, KeyExpiryRequest, RotateKeyRequest,
};
use prefab_service::actor::Actor;
use prefab_store::{KeyDetails, NewKey, Role, key::KeyKind};

/// The maximum time until a rotated key expires, in seconds: 90 days.
const MAX_OVERLAP_SECONDS: i64 = 90 * 24 * 3_600;

fn kind_response(kind: KeyKind) -> api::KeyKind {
    match kind {
        KeyKind::Backend => api::KeyKind::Backend,
        KeyKind::Frontend => api::KeyKind::Frontend,
        KeyKind::Admin => api::KeyKind::Admin,
    }
}

fn store_kind(kind: api::KeyKind) -> KeyKind {
    match kind {
        api::KeyKind::Backend => KeyKind::Backend,
        api::KeyKind::Frontend => KeyKind::Frontend,
        api::KeyKind::Admin => KeyKind::Admin,
    }
}

fn key_response(key: KeyDetails) -> ApiKeyResponse {
    ApiKeyResponse {
        id: key.id.to_string(),
        name: key.name,
        kind: kind_response(key.kind),
        environment: key.environment.to_string(),
        user: key.user_id,
        created_by: key.created_by,
        created_at: key.created_at_millis,
        last_used_at: key.last_used_at_millis,
        expires_at: key.expires_at_millis,
        revoked_at: key.revoked_at_millis,
    }
}

/// Lists the API keys of a project, including expired and revoked ones.
#[utoipa::path(
    get, path = "/projects/{project}/keys", tag = "keys", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<ApiKeyResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<ApiKeyResponse>>, ApiError> {
    let actor = access.require_role(project, Role::Admin)?;
    let keys = app.project_cache.store().keys(actor.project.id).await?;
    Ok(Json(keys.into_iter().map(key_response).collect()))
}

/// Returns the owner of a new admin key: the person who issues it, so that the key cannot approve their drafts.
fn owner(actor: &Actor, kind: api::KeyKind) -> Option<String> {
    let person = Some(actor.changed_by.user_id).filter(|id| *id != 0);
    person.filter(|_| matches!(kind, api::KeyKind::Admin)).map(|id| id.to_string())
}

/// Issues an API key. Only this response contains its text.
#[utoipa::path(
    post, path = "/projects/{project}/keys", tag = "keys", params(("project" = i64, Path)),
    request_body = CreateKeyRequest,
    responses((status = 200, body = CreateKeyResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn issue(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(request): JsonBody<CreateKeyRequest>,
) -> Result<Json<CreateKeyResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let CreateKeyRequest { name, environment, kind, user, expires_at } = request;
    let environment = access::environment(&actor, &environment, "environment")?;
    if expires_at.is_some_and(|at| at <= app.clock.now_millis()) {
        return Err(ApiError::invalid(
            "`expiresAt`: expected a time in the future, in milliseconds since 1970",
        ));
    }
    let request = NewKey {
        project: actor.project.id,
        environment: environment.id,
        kind: store_kind(kind),
        user_id: user.filter(|user| !user.is_empty()).or_else(|| owner(&actor, kind)),
        name: super::projects::validate_name(&name)?,
        created_by: actor.label.clone(),
        expires_at_millis: expires_at,
    };
    issue_key(&app, &actor, request).await
}

/// Revokes an API key immediately and permanently.
#[utoipa::path(
    delete, path = "/projects/{project}/keys/{key}", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "The number of the key")),
    responses((status = 200, body = ApiKeyResponse),
              (status = 404, description = "Unknown, expired or revoked", body = ErrorResponse))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
) -> Result<Json<ApiKeyResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let key = find(&app, &actor, id).await?;
    if !app.project_cache.store().revoke_key(id).await? {
        return Err(ApiError::NotFound);
    }
    record(&app, &actor, &key, "key.revoked", "revoked").await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(key_response(find(&app, &actor, id).await?)))
}

/// Sets the time at which an API key expires.
#[utoipa::path(
    put, path = "/projects/{project}/keys/{key}/expiry", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "The number of the key")), request_body = KeyExpiryRequest,
    responses((status = 200, body = ApiKeyResponse), (status = 400, body = ErrorResponse),
              (status = 404, description = "Unknown, expired or revoked", body = ErrorResponse))
)]
pub(super) async fn expire(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
    JsonBody(KeyExpiryRequest { at }): JsonBody<KeyExpiryRequest>,
) -> Result<Json<ApiKeyResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let key = find(&app, &actor, id).await?;
    if !app.project_cache.store().expire_key(id, at).await? {
        return Err(ApiError::NotFound);
    }
    record(&app, &actor, &key, "key.expires", "set the expiry of").await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(key_response(find(&app, &actor, id).await?)))
}

/// Issues a copy of an API key, and lets the old key expire.
#[utoipa::path(
    post, path = "/projects/{project}/keys/{key}/rotate", tag = "keys",
    params(("project" = i64, Path), ("key" = i64, Path, description = "The number of the key")), request_body = RotateKeyRequest,
    responses((status = 200, body = CreateKeyResponse), (status = 400, body = ErrorResponse),
              (status = 404, description = "Unknown, expired or revoked", body = ErrorResponse))
)]
pub(super) async fn rotate(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
    JsonBody(RotateKeyRequest { overlap_seconds }): JsonBody<RotateKeyRequest>,
) -> Result<Json<CreateKeyResponse>, ApiError> {
    let actor = access.authorize(project)?;
    if !(0..=MAX_OVERLAP_SECONDS).contains(&overlap_seconds) {
        return Err(ApiError::invalid(format!("`overlapSeconds`: expected 0 to {MAX_OVERLAP_SECONDS}")));
    }
    let key = find(&app, &actor, id).await?;
    if !app.project_cache.store().expire_key(id, app.clock.now_millis() + 1_000 * overlap_seconds).await? {
        return Err(ApiError::NotFound);
    }
    record(&app, &actor, &key, "key.rotated", "rotated").await?;
    let request = NewKey {
        project: actor.project.id,
        environment: key.environment,
        kind: key.kind,
        user_id: key.user_id,
        name: key.name,
        created_by: actor.label.clone(),
        expires_at_millis: None,
    };
    issue_key(&app, &actor, request).await
}

async fn issue_key(app: &App, actor: &Actor, request: NewKey) -> Result<Json<CreateKeyResponse>, ApiError> {
    let (environment, name, kind) = (request.environment, request.name.clone(), request.kind);
    let issued = app.project_cache.store().issue_named_key(request).await?;
    let sentence = format!(
        "issued {kind} {} for environment `{}`",
        prefab_service::labels::api_key_label(issued.id, &name),
        issued.environment
    );
    audit_entry::record(app, actor, "key.created", issued.id, Some(environment), &sentence).await?;
    app.project_cache.refresh_registry().await?;
    Ok(Json(CreateKeyResponse { id: issued.id.to_string(), key: issued.key }))
}

async fn find(app: &App, actor: &Actor, id: i64) -> Result<KeyDetails, ApiError> {
    let keys = app.project_cache.store().keys(actor.project.id).await?;
    keys.into_iter().find(|key| key.id == id).ok_or(ApiError::NotFound)
}

async fn record(
    app: &App,
    actor: &Actor,
    key: &KeyDetails,
    action: &str,
    verb: &str,
) -> Result<(), ApiError> {
    let sentence = format!("{verb} {}", prefab_service::labels::api_key_label(key.id, &key.name));
    audit_entry::record(app, actor, action, key.id, Some(key.environment), &sentence).await
}
