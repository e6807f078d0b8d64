//! Management tokens, for scripts.

use super::role_text::in_words;
use axum::{Json, extract::State};

use crate::api::management::audit_entry;
use crate::api::management::views::{exceptional_roles, role_response, store_role};
use crate::api::management::{
    access::{self, Access, JsonBody, PathParams},
    projects::validate_name,
};
use crate::api::{error::ApiError, state::App};
use prefab_management_api::{CreateTokenRequest, CreateTokenResponse, ErrorResponse, TokenResponse};
use prefab_service::{actor::Actor, labels::token_label, sign_in::Secret};
use prefab_store::{
    Role, Roles,
    accounts::{NewToken, Token},
};

fn token_response(token: Token, actor: &Actor) -> TokenResponse {
    TokenResponse {
        id: token.id.to_string(),
        name: token.name,
        role: role_response(token.roles.project),
        environments: exceptional_roles(&actor.project.environments(), &token.roles),
        created_by: token.created_by,
        created_at: token.created_at_millis,
        last_used_at: token.last_used_at_millis,
        expires_at: token.expires_at_millis,
        revoked_at: token.revoked_at_millis,
    }
}

/// Lists the management tokens of a project, including expired and revoked ones.
#[utoipa::path(
    get, path = "/projects/{project}/tokens", tag = "people", params(("project" = i64, Path)),
    responses((status = 200, body = Vec<TokenResponse>), (status = 404, body = ErrorResponse))
)]
pub(super) async fn list(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
) -> Result<Json<Vec<TokenResponse>>, ApiError> {
    let actor = access.require_role(project, Role::Admin)?;
    let tokens = app.project_cache.store().tokens(actor.project.id).await?;
    Ok(Json(tokens.into_iter().map(|token| token_response(token, &actor)).collect()))
}

/// Issues a management token. Only this response contains its text.
#[utoipa::path(
    post, path = "/projects/{project}/tokens", tag = "people", params(("project" = i64, Path)),
    request_body = CreateTokenRequest,
    responses((status = 200, body = CreateTokenResponse), (status = 400, body = ErrorResponse), (status = 404, body = ErrorResponse))
)]
pub(super) async fn issue(
    State(app): State<App>,
    access: Access,
    PathParams(project): PathParams<i64>,
    JsonBody(CreateTokenRequest { name, role, environments, expires_at }): JsonBody<CreateTokenRequest>,
) -> Result<Json<CreateTokenResponse>, ApiError> {
    let actor = access.authorize(project)?;
    let (name, roles) = (validate_name(&name)?, roles(&actor, store_role(role), environments.as_deref())?);
    if expires_at.is_some_and(|at| at <= app.clock.now_millis()) {
        return Err(ApiError::invalid(
            "`expiresAt`: expected a time in the future, in milliseconds since 1970",
        ));
    }
    let secret = Secret::token()?;
    let roles_text = in_words(&actor, &roles);
    let token = NewToken {
        project: actor.project.id,
        hash: secret.hash(),
        name: name.clone(),
        roles,
        created_by: actor.label.clone(),
        created_by_person: actor.changed_by.user_id,
        owner: actor.person_id,
        expires_at_millis: expires_at,
    };
    let id = app.project_cache.store().create_token(token).await?;
    let sentence = format!("issued {} as {roles_text}", token_label(id, &name));
    audit_entry::record(&app, &actor, "token.created", id, None, &sentence).await?;
    Ok(Json(CreateTokenResponse { id: id.to_string(), token: secret.text().to_owned() }))
}

/// Revokes a management token immediately and permanently.
#[utoipa::path(
    delete, path = "/projects/{project}/tokens/{token}", tag = "people",
    params(("project" = i64, Path), ("token" = i64, Path, description = "The number of the token")),
    responses((status = 200, body = TokenResponse),
              (status = 404, description = "Unknown, expired or revoked", body = ErrorResponse))
)]
pub(super) async fn revoke(
    State(app): State<App>,
    access: Access,
    PathParams((project, id)): PathParams<(i64, i64)>,
) -> Result<Json<TokenResponse>, ApiError> {
    let actor = access.authorize(project)?;
    if !app.project_cache.store().revoke_token(actor.project.id, id).await? {
        return Err(ApiError::NotFound);
    }
    let tokens = app.project_cache.store().tokens(actor.project.id).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or(ApiError::NotFound)?;
    let sentence = format!("revoked {}", token_label(id, &token.name));
    audit_entry::record(&app, &actor, "token.revoked", id, None, &sentence).await?;
    Ok(Json(token_response(token, &actor)))
}

fn roles(actor: &Actor, role: Role, environments: Option<&[String]>) -> Result<Roles, ApiError> {
    let Some(environments) = environments else { return Ok(Roles::of(role)) };
    let mut roles = Roles::of(Role::Viewer);
    for (at, environment) in environments.iter().enumerate() {
        let environment = access::environment(actor, environment, &format!("environments[{at}]"))?;
        roles.environments.insert(environment.id, role);
    }
    Ok(roles)
}

/// Records the tokens that were revoked together with a member or an account.
pub(super) async fn record_revoked(
    app: &App,
    actor: &Actor,
    ended: &[Token],
    whose: &str,
) -> Result<(), ApiError> {
    for token in ended {
        let sentence = format!("revoked {}, which acted for {whose}", token_label(token.id, &token.name));
        audit_entry::record(app, actor, "token.revoked", token.id, None, &sentence).await?;
    }
    Ok(())
}
