//! The API keys and management tokens that a person has issued in a project.

use axum::{Json, extract::State};

use crate::api::management::{
    access::{Access, PathParams},
    audit_entry,
    keys::key_response,
    tokens::token_response,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{ErrorResponse, IssuedCredentials};
use prefab_service::{
    actor::Actor,
    labels::{api_key_label, token_label},
};
use prefab_store::{KeyDetails, Role, accounts::Token};

/// Lists the valid API keys and management tokens that a person has issued in the project.
///
/// The person may be removed already. It contains what they issued in the browser, with a token, or with an admin key of
/// their own.
#[utoipa::path(
    get, path = "/projects/{project}/people/{person}/credentials", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = IssuedCredentials), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
) -> Result<Json<IssuedCredentials>, ApiError> {
    let actor = access.require_role(project, Role::Admin)?;
    Ok(Json(valid(&app, &actor, person).await?))
}

/// Revokes the API keys and management tokens that a person has issued in the project. Returns what was revoked.
#[utoipa::path(
    delete, path = "/projects/{project}/people/{person}/credentials", tag = "people",
    params(("project" = i64, Path), ("person" = i64, Path, description = "The number of the person")),
    responses((status = 200, body = IssuedCredentials), (status = 404, body = ErrorResponse))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, person)): PathParams<(i64, i64)>,
) -> Result<Json<IssuedCredentials>, ApiError> {
    let actor = access.authorize(project)?;
    let (keys, tokens) = find(&app, &actor, person).await?;
    let revoked = revoke_all(&app, &actor, &keys, &tokens).await;
    // After an error as well: the keys before it are revoked.
    app.project_cache.refresh().await?;
    revoked?;
    Ok(Json(response(keys, tokens, &actor)))
}

async fn revoke_all(app: &App, actor: &Actor, keys: &[KeyDetails], tokens: &[Token]) -> Result<(), ApiError> {
    let store = app.project_cache.store();
    for key in keys {
        if store.revoke_key(key.id).await? {
            let sentence = format!("revoked {}", api_key_label(key.id, &key.name));
            audit_entry::record(app, actor, "key.revoked", key.id, Some(key.environment), &sentence).await?;
        }
    }
    for token in tokens {
        if store.revoke_token(actor.project.id, token.id).await? {
            let sentence = format!("revoked {}", token_label(token.id, &token.name));
            audit_entry::record(app, actor, "token.revoked", token.id, None, &sentence).await?;
        }
    }
    Ok(())
}

/// Returns what a person has issued in the project and what is valid.
pub(super) async fn valid(app: &App, actor: &Actor, person: i64) -> Result<IssuedCredentials, ApiError> {
    let (keys, tokens) = find(app, actor, person).await?;
    Ok(response(keys, tokens, actor))
}

fn response(keys: Vec<KeyDetails>, tokens: Vec<Token>, actor: &Actor) -> IssuedCredentials {
    IssuedCredentials {
        keys: keys.into_iter().map(key_response).collect(),
        tokens: tokens.into_iter().map(|token| token_response(token, actor)).collect(),
    }
}

async fn find(app: &App, actor: &Actor, person: i64) -> Result<(Vec<KeyDetails>, Vec<Token>), ApiError> {
    let (store, project, now) = (app.project_cache.store(), actor.project.id, app.clock.now_millis());
    let is_valid =
        |revoked: Option<i64>, expires: Option<i64>| revoked.is_none() && expires.is_none_or(|at| at > now);
    let mut keys = store.keys(project).await?;
    keys.retain(|key| {
        key.created_by_person == Some(person) && is_valid(key.revoked_at_millis, key.expires_at_millis)
    });
    let mut tokens = store.tokens(project).await?;
    tokens.retain(|token| {
        token.created_by_person == person && is_valid(token.revoked_at_millis, token.expires_at_millis)
    });
    Ok((keys, tokens))
}
